-- Scrapes by how they went, run by run.
SELECT run_started_at AS started, outcome, count(*) AS executions
FROM (
  SELECT outcome, kind, min(started_at) OVER (PARTITION BY run_id) AS run_started_at FROM executions
) AS with_run
WHERE kind = 'scrape'
GROUP BY run_started_at, outcome
ORDER BY run_started_at, outcome
