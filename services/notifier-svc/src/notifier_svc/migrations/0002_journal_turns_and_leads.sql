-- The journal is read in turns. A row's turn is the id of the transaction that wrote it: it
-- costs writers nothing, and all turns below the oldest transaction that still runs are
-- complete. So a reader that stays below that horizon skips nothing, however late a
-- transaction commits. (By moment of receipt or by sequence it would: both are given out
-- before the commit.)

-- A server to which the journal was restored may count from a lower transaction id: by so
-- much its turns are ahead of its transaction ids.
CREATE TABLE journal_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ahead bigint NOT NULL
);

INSERT INTO journal_clock (ahead) VALUES (0);

CREATE FUNCTION journal_turn() RETURNS bigint
LANGUAGE sql VOLATILE
RETURN pg_current_xact_id()::text::bigint + (SELECT ahead FROM journal_clock);

CREATE FUNCTION journal_horizon() RETURNS bigint
LANGUAGE sql STABLE
RETURN pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT ahead FROM journal_clock);

-- What is there already is complete: it comes first, in the order of its positions.
ALTER TABLE journal ADD COLUMN turn bigint NOT NULL DEFAULT 0;
ALTER TABLE journal ALTER COLUMN turn SET DEFAULT journal_turn();

CREATE INDEX journal_by_turn ON journal (turn, position);
CREATE INDEX journal_by_type_and_turn ON journal (type, turn, position);
DROP INDEX journal_by_type;

-- The leads that a leads_created tells of, or may be told of by another team's event, so that an
-- erasure finds it without reading all.
ALTER TABLE journal ADD COLUMN leads uuid[];

UPDATE journal
SET leads = ARRAY(
    SELECT (lead ->> 'id')::uuid
    FROM jsonb_array_elements(convert_from(body, 'UTF8')::jsonb -> 'data' -> 'leads') AS lead
)
WHERE type = 'leads_created'
    AND body IS NOT NULL;

CREATE INDEX journal_by_lead ON journal USING gin (leads) WHERE leads IS NOT NULL;
