-- Files that nothing in this database knows of: they are to be deleted at $2.
INSERT INTO unreferenced_files (file_key, delete_after, doomed)
SELECT found.file_key, $2, true
FROM unnest($1::text[]) AS found (file_key)
WHERE NOT EXISTS (SELECT FROM resumes WHERE resumes.file_key = found.file_key)
ON CONFLICT (file_key) DO NOTHING
RETURNING file_key
