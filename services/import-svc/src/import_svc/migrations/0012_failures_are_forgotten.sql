-- When it began that failures of the import were deleted, since it ended long ago.
ALTER TABLE imports ADD COLUMN failures_forgotten_at timestamptz;
