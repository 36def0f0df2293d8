-- The last 12 scrapes of each source, oldest first.
SELECT source, started_at, outcome
FROM (
  SELECT source, started_at, outcome, row_number() OVER (PARTITION BY source ORDER BY started_at DESC) AS back
  FROM all_executions WHERE kind = 'scrape'
) AS scrapes
WHERE back <= 12
ORDER BY source, started_at
