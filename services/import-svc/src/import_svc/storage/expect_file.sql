-- A file that is about to be written; deleted if nothing has come to refer to it by then.
INSERT INTO unreferenced_files (file_key, delete_after, doomed)
VALUES ($1, now() + $2::interval, false)
