-- Rows and failures of each source in the period.
SELECT
  source,
  sum(CASE WHEN kind = 'scrape' THEN 1 ELSE 0 END) AS scrapes,
  sum(record_count) AS written,
  sum(dead_letters) AS dead_letters,
  sum(dropped) AS dropped,
  sum(dead_letters) / greatest(sum(record_count) + sum(dead_letters), 1) AS dead_share
FROM executions
GROUP BY source
ORDER BY dead_letters DESC, written DESC, source
