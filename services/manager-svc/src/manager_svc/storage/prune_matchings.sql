-- What explains the last assignment of a lead that is still to be decided stays, however old.
DELETE FROM matchings
WHERE id IN (
    SELECT id
    FROM matchings
    WHERE
        created_at < now() - $1::interval
        AND NOT EXISTS (
            SELECT FROM leads
            WHERE leads.id = ANY(matchings.lead_ids) AND decided_at IS NULL AND erased_at IS NULL
        )
    ORDER BY created_at
    LIMIT $2::integer
    FOR UPDATE SKIP LOCKED
);
