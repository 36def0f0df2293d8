-- Everything in the report's period.
SELECT
  count(DISTINCT source) AS sources,
  count(DISTINCT run_id) AS runs,
  count(*) AS executions,
  coalesce(sum(CASE WHEN kind = 'reparse' THEN 1 ELSE 0 END), 0) AS reparses,
  coalesce(sum(CASE WHEN kind = 'replay' THEN 1 ELSE 0 END), 0) AS replays,
  coalesce(sum(pages), 0) AS pages,
  coalesce(sum(record_count), 0) AS written,
  coalesce(sum(bytes), 0) AS bytes,
  min(started_at) AS first_at,
  max(started_at) AS last_at,
  (SELECT count(*) FROM dead_letters) AS dead_letters,
  (SELECT count(*) FROM dead_letters WHERE state = 'open') AS open_letters,
  (SELECT count(*) FROM dead_letters WHERE state = 'failed again') AS failed_again
FROM executions
