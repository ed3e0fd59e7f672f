-- Lists that tell what is wrong with the body of an import, such as its headers. Not jsonb, which
-- has no place for a NUL.
ALTER TABLE imports
    ADD COLUMN error_extra json,
    ADD CONSTRAINT imports_extra_has_error CHECK (error_extra IS NULL OR error_code IS NOT NULL);
