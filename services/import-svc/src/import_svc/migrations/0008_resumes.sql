-- Said in every event about the lead; the row here is what changes of the lead are ordered by.
ALTER TABLE leads ADD COLUMN has_resume boolean NOT NULL DEFAULT false;

-- Where a lead's resume is. Its content never stands here: it is in the store of files, under a
-- key of ours, or elsewhere, under a URL that is never fetched.
CREATE TABLE resumes (
    lead_id uuid PRIMARY KEY REFERENCES leads ON DELETE CASCADE,
    digest bytea NOT NULL, -- the same resume again changes nothing
    url text,
    file_key text UNIQUE,
    media_type text,
    size bigint,
    file_name text, -- as its sender called it, made safe
    CONSTRAINT resumes_are_somewhere CHECK (num_nonnulls(url, file_key) = 1),
    CONSTRAINT resumes_files_are_described
        CHECK (num_nonnulls(file_key, media_type, size, file_name) IN (0, 4))
);

-- Files that nothing refers to: not yet, or not any more. A key stands here before its file is
-- written, and goes in the transaction that refers to it; it comes back in the one that ends
-- that. So whatever dies when, each file is either referred to or will be deleted.
CREATE TABLE unreferenced_files (
    file_key text PRIMARY KEY,
    delete_after timestamptz NOT NULL,
    doomed boolean NOT NULL, -- nothing may refer to it any more
    attempts integer NOT NULL DEFAULT 0
);

CREATE INDEX unreferenced_files_due ON unreferenced_files (attempts, delete_after);
