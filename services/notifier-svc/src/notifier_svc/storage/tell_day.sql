-- By the clock that dates entries: with that of a process gone wrong it could drop the whole journal.
SELECT (now() AT TIME ZONE 'UTC')::date
