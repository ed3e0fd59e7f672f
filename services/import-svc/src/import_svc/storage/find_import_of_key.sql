SELECT
    imports.id, status, worker, request_hash, body_file, body_hash, bytes_done, finished_at,
    error_code, error_detail, error_extra,
    coalesce(last_chunk.number + 1, 0) AS chunks,
    last_chunk.input_hash AS done_hash
FROM imports
LEFT JOIN LATERAL (
    SELECT number, input_hash
    FROM import_chunks
    WHERE import_id = imports.id
    ORDER BY number DESC
    LIMIT 1
) AS last_chunk ON true
WHERE key_hash = $1
