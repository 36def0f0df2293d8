-- The share of items that have a field, over the last 30 scrapes of each source.
SELECT source, field, started_at, share
FROM (
  SELECT *, row_number() OVER (PARTITION BY source, field ORDER BY started_at DESC) AS back FROM field_coverage
) AS numbered
WHERE back <= 30
ORDER BY source, field, started_at
