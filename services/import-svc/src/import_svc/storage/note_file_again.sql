-- A file whose note went while it was still being written. A query of its own, after doom_file: that
-- waits for a transaction that takes the note back, and this one sees what it committed.
INSERT INTO unreferenced_files (file_key, delete_after, doomed)
SELECT $1, now(), true
WHERE NOT EXISTS (SELECT FROM resumes WHERE file_key = $1)
ON CONFLICT (file_key) DO NOTHING
RETURNING file_key
