-- Refused in a transaction that has failed, as everything is but its end.
SELECT;
