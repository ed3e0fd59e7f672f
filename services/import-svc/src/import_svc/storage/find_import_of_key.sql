SELECT
    id, status, worker, request_hash, body_file, body_hash, error_code, error_detail,
    (SELECT count(*) FROM import_chunks WHERE import_id = imports.id) AS chunks
FROM imports
WHERE idempotency_key = $1
