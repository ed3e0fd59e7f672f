-- For this transaction only. The short lock time-out: a migration that waits for a lock
-- makes everyone behind it wait too, so it gives up and is run again.
SELECT
    set_config('search_path', $1, true),
    set_config('statement_timeout', $2, true),
    set_config('lock_timeout', '10s', true),
    set_config('client_min_messages', 'warning', true)
