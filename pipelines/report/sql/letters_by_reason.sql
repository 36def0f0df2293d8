-- Dead letters by source and reason, the 200 with most, and what replays made of them.
SELECT
  source, reason,
  count(*) AS letters,
  sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS open_letters,
  sum(CASE WHEN state = 'failed again' THEN 1 ELSE 0 END) AS failed_again,
  sum(CASE WHEN state = 'recovered' THEN 1 ELSE 0 END) AS recovered,
  sum(CASE WHEN state = 'dropped' THEN 1 ELSE 0 END) AS left_out,
  max(failed_at) AS last_at
FROM dead_letters
GROUP BY source, reason
ORDER BY letters DESC, source, reason
LIMIT 200
