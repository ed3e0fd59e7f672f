-- No row: there is no such lead. No digest: it has no resume.
SELECT rev, digest, url, file_key, media_type, size, file_name
FROM leads
LEFT JOIN resumes ON resumes.lead_id = leads.id
WHERE leads.id = $1
