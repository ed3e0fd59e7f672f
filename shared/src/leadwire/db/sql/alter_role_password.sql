-- $2 is a SCRAM verifier, never the password itself: statements may be logged.
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)
