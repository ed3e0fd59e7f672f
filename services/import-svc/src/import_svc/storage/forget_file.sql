-- Unless it was doomed again since it was claimed: it may have been written in between.
DELETE FROM unreferenced_files
WHERE file_key = $1 AND delete_after > now()
