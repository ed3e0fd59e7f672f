-- How many leads there are in each status.
SELECT status, count(*) AS leads
FROM leads
WHERE doc IS NOT NULL /* and the conditions */
GROUP BY status
