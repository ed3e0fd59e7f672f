-- Counted up to a limit only: a journal may hold millions.
SELECT count(*)
FROM (
    SELECT
    FROM journal
    WHERE (cardinality($1::text[]) = 0 OR type = ANY ($1))
        AND NOT kept
        AND received_at >= coalesce($2::timestamptz, '-infinity')
        AND received_at < coalesce($3::timestamptz, 'infinity')
        AND least(time, received_at) < coalesce($4::timestamptz, 'infinity')
    LIMIT $5
) AS counted
