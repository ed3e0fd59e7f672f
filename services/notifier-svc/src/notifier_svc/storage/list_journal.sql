-- A page is bounded by its number of entries and by the bytes of their bodies; `found` is
-- what there was before the second bound. Beyond the horizon transactions may still commit
-- entries in between: what stands there is shown once they have ended.
SELECT
    turn, position, received_at, event_id, source, type, subject, time, body, redacted_at,
    content_type, headers, found
FROM (
    SELECT
        *,
        count(*) OVER () AS found,
        sum(coalesce(octet_length(body), 0)) OVER (
            ORDER BY turn, position ROWS UNBOUNDED PRECEDING
        ) - coalesce(octet_length(body), 0) AS bytes_before
    FROM (
        SELECT *
        FROM journal
        WHERE (cardinality($1::text[]) = 0 OR type = ANY ($1))
            AND NOT kept
            AND received_at >= coalesce($2::timestamptz, '-infinity')
            AND received_at < coalesce($3::timestamptz, 'infinity')
            AND least(time, received_at) < coalesce($4::timestamptz, 'infinity')
            AND (turn, position) > ($5::bigint, $6::bigint)
            AND turn < (SELECT journal_horizon())
        ORDER BY turn, position
        LIMIT $7
    ) AS page
) AS measured
WHERE bytes_before < $8
ORDER BY turn, position
