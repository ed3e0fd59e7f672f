-- How many leads there are in each status.
SELECT status, count(*) AS leads
FROM leads
WHERE life = (SELECT life FROM head) AND doc IS NOT NULL /* and the conditions */
GROUP BY status
