SELECT type
FROM unnest($1::text[]) AS asked (type)
WHERE NOT EXISTS (
    SELECT
    FROM journal
    WHERE journal.type = asked.type
        AND NOT kept
)
