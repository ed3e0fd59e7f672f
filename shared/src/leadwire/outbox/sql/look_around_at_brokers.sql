-- Who serves with another broker holds another number ($2) of this schema ($1), shared. Locks of two
-- numbers have an objsubid of 2, and are none of those that have one number, as leaders' have.
SELECT
    EXISTS (SELECT FROM broker_marks WHERE number = $2) AS is_known,
    EXISTS (SELECT FROM broker_marks WHERE number <> $2 AND is_served) AS is_change,
    -- The start, or the end of being a standby: the last transaction that was replayed.
    now() - greatest(pg_postmaster_start_time(), pg_last_xact_replay_timestamp())
    < $3 AS has_just_started,
    ARRAY(
        SELECT DISTINCT coalesce(host(client_addr), 'unknown')
        FROM pg_locks
        LEFT JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND classid = hashtext($1)::oid
            AND objsubid = 2
            AND objid <> $2::integer::oid
    ) AS elsewhere
