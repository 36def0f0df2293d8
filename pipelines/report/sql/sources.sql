-- The newest scrape of each source, the mean rows of the five whole and well ones before it, and since when it has not
-- been well.
WITH scrapes AS (
  SELECT *, row_number() OVER (PARTITION BY source ORDER BY started_at DESC) AS back
  FROM all_executions WHERE kind = 'scrape'
),
whole AS (
  SELECT source, record_count, row_number() OVER (PARTITION BY source ORDER BY started_at DESC) AS place
  FROM scrapes WHERE back > 1 AND limited_to = '' AND outcome IN ('success', 'no data')
),
before AS (
  SELECT source, round(avg(record_count)) AS rows_before FROM whole WHERE place <= 5 GROUP BY source
),
well AS (
  SELECT source, max(started_at) AS well_at FROM scrapes WHERE outcome IN ('success', 'no data') GROUP BY source
),
ill AS (
  SELECT scrapes.source, min(started_at) AS ill_since, count(*) AS ill_times
  FROM scrapes LEFT JOIN well ON well.source = scrapes.source
  WHERE well_at IS NULL OR started_at > well_at
  GROUP BY scrapes.source
)
SELECT
  scrapes.source, outcome, condition, reasons, started_at, execution_id, record_count AS rows_now, rows_before,
  dead_letters, dropped, limited_to, ill_since, ill_times, page_types, drift
FROM scrapes
LEFT JOIN before ON before.source = scrapes.source
LEFT JOIN ill ON ill.source = scrapes.source
WHERE back = 1 AND execution_id IN (SELECT execution_id FROM executions)
ORDER BY
  CASE outcome WHEN 'failed' THEN 1 WHEN 'blocked' THEN 2 WHEN 'degraded' THEN 3 WHEN 'no data' THEN 4 ELSE 5 END,
  ill_since DESC, scrapes.source
