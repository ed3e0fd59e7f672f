-- Minutes back from now, oldest first. No more is read than these; what is `kept` is days older.
WITH counted AS (
    SELECT floor(extract(epoch FROM now() - received_at) / 60)::integer AS age, count(*) AS entries
    FROM journal
    WHERE type = ANY ($1::text[])
        AND received_at > now() - make_interval(mins => $2::integer)
        AND received_at <= now()
    GROUP BY age
)
SELECT now() AS at, array_agg(coalesce(entries, 0) ORDER BY age DESC) AS per_minute
FROM generate_series(0, $2::integer - 1) AS age
LEFT JOIN counted USING (age);
