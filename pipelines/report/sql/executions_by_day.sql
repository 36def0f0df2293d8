-- Scrapes by how they went, day by day (UTC).
SELECT CAST(started_at AS DATE) AS started, outcome, count(*) AS executions
FROM executions
WHERE kind = 'scrape'
GROUP BY CAST(started_at AS DATE), outcome
ORDER BY started, outcome
