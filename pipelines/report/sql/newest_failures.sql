-- The newest open letter of each source and reason, and how many there are like it: newest day first, most first.
SELECT *
FROM (
  SELECT
    *,
    count(*) OVER (PARTITION BY source, reason) AS alike,
    row_number() OVER (PARTITION BY source, reason ORDER BY failed_at DESC, screenshot IS NULL, letter_id) AS newest
  FROM dead_letters
  WHERE state = 'open' OR (state = 'failed again' AND goes_on_as IN ('', letter_id))
) AS numbered
WHERE newest = 1
ORDER BY CAST(failed_at AS DATE) DESC, alike DESC, failed_at DESC, letter_id
LIMIT 15
