-- The share of items that have a field, in each source's newest whole scrape, against the median of up to 10 well ones
-- before it. `fallen_since`: the first of the scrapes up to now, without a break, that lie more than 10 points below.
WITH numbered AS (
  SELECT *, row_number() OVER (PARTITION BY source, field ORDER BY started_at DESC) AS back FROM field_coverage
),
newest AS (
  SELECT source, field, share AS share_now
  FROM numbered WHERE back = 1 AND execution_id IN (SELECT execution_id FROM executions)
),
well AS (
  SELECT source, field, share, row_number() OVER (PARTITION BY source, field ORDER BY started_at DESC) AS place
  FROM numbered WHERE back > 1 AND outcome = 'success'
),
ranked AS (
  SELECT
    source, field, share,
    row_number() OVER (PARTITION BY source, field ORDER BY share) AS nth,
    count(*) OVER (PARTITION BY source, field) AS scrapes_before
  FROM well WHERE place <= 10
),
before AS (  -- the median: the mean of the one or two in the middle
  SELECT source, field, avg(share) AS share_before, max(scrapes_before) AS scrapes_before
  FROM ranked WHERE 2 * nth BETWEEN scrapes_before AND scrapes_before + 2
  GROUP BY source, field
),
last_high AS (
  SELECT numbered.source, numbered.field, max(started_at) AS high_at
  FROM numbered JOIN before ON before.source = numbered.source AND before.field = numbered.field
  WHERE share >= share_before - 0.1
  GROUP BY numbered.source, numbered.field
),
low AS (
  SELECT numbered.source, numbered.field, min(started_at) AS low_since
  FROM numbered
  JOIN last_high ON last_high.source = numbered.source AND last_high.field = numbered.field
  WHERE started_at > high_at
  GROUP BY numbered.source, numbered.field
)
SELECT
  newest.source, newest.field, share_now, share_before, scrapes_before, share_now - share_before AS change,
  CASE WHEN share_now < share_before - 0.1 THEN low_since END AS fallen_since
FROM newest
LEFT JOIN before ON before.source = newest.source AND before.field = newest.field
LEFT JOIN low ON low.source = newest.source AND low.field = newest.field
ORDER BY coalesce(share_now - share_before, 0), newest.source, newest.field
