-- Erasures look for parked events by the id of a lead, which may stand anywhere in a body that
-- perhaps nobody can read.
CREATE FUNCTION ids_mentioned_in(body bytea) RETURNS uuid[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
COST 100000 -- reads the body: the index is to be taken also where few are parked
AS $$
    SELECT array_agg(DISTINCT found[1]::uuid)
    FROM regexp_matches(
        encode(body, 'escape'),
        '[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}',
        'gi'
    ) AS found
$$;

CREATE INDEX parked_by_mentioned_ids ON parked USING gin (ids_mentioned_in(body));
