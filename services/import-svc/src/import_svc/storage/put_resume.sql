INSERT INTO resumes (lead_id, digest, url, file_key, media_type, size, file_name)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (lead_id) DO UPDATE SET
    digest = excluded.digest,
    url = excluded.url,
    file_key = excluded.file_key,
    media_type = excluded.media_type,
    size = excluded.size,
    file_name = excluded.file_name
