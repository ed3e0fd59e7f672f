-- Leads of whose history nothing before a moment is kept, as they were decided or erased long ago.
CREATE TABLE forgotten_histories (
    lead_id      uuid PRIMARY KEY,
    forgotten_at timestamptz NOT NULL
);

-- Entries stand in the order of their times: so this is small, and costs an assignment nothing.
CREATE INDEX lead_history_by_age ON lead_history USING brin (at);

-- What happened is never changed; it may be forgotten, in the transaction that says so.
CREATE OR REPLACE FUNCTION lead_history_only_grows() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.reason := NULL;
        IF NEW IS NOT DISTINCT FROM OLD AND EXISTS (
            SELECT FROM leads WHERE id = OLD.lead_id AND erased_at IS NOT NULL
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT FROM forgotten_histories
            WHERE lead_id = OLD.lead_id AND forgotten_at = now() -- when the transaction began
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history of leads is never changed'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lead_history_only_grows';
END
$$;

-- Histories go as a whole: of leads that are decided or erased, and to which nothing has happened
-- for so long. Returns how many entries were found, at most as many as asked for: then there may
-- be more.
CREATE FUNCTION forget_histories(older_than interval, most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    found_leads uuid[];
BEGIN
    found_leads := ARRAY(
        SELECT entry.lead_id
        FROM lead_history AS entry
        JOIN leads ON leads.id = entry.lead_id
        -- One by one, by index: a join would read all that is not old for each batch.
        CROSS JOIN LATERAL (
            SELECT at FROM lead_history WHERE lead_id = entry.lead_id ORDER BY id DESC LIMIT 1
        ) AS newest
        WHERE entry.at < now() - older_than
            AND newest.at < now() - older_than
            AND (leads.decided_at IS NOT NULL OR leads.erased_at IS NOT NULL)
        LIMIT most
    );
    INSERT INTO forgotten_histories (lead_id, forgotten_at)
    SELECT DISTINCT lead_id, now()
    FROM unnest(found_leads) AS lead_id
    ORDER BY lead_id -- so that no two replicas wait for each other
    ON CONFLICT (lead_id) DO UPDATE SET forgotten_at = excluded.forgotten_at;
    -- What has happened since they were found stays.
    DELETE FROM lead_history WHERE lead_id = ANY (found_leads) AND at < now() - older_than;
    RETURN cardinality(found_leads);
END
$$;
