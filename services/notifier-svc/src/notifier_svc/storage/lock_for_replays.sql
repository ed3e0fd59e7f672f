-- One at a time begins a replay, so that no more of them run than may, and a key begins but one.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' replays', 0))
