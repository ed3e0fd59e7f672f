CREATE TABLE IF NOT EXISTS schema_home (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Null where it is not known.
    system_identifier bigint,
    timeline integer,
    database_oid bigint,
    schema_oid bigint
)
