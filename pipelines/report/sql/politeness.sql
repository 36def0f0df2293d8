-- Requests sent to each host in the period, against what was allowed: the gap to keep between two of them, and how many
-- at once. `short_gaps` came sooner than they should have; `slow_downs` are answers 429 and 503.
SELECT
  host,
  count(DISTINCT source) AS sources,
  sum(requests) AS requests,
  min(delay_secs) AS delay_secs,
  min(min_gap_secs) AS min_gap_secs,
  sum(short_gaps) AS short_gaps,
  max(allowed_at_once) AS allowed_at_once,
  max(most_at_once) AS most_at_once,
  sum(slow_downs) AS slow_downs,
  sum(paused_secs) AS paused_secs
FROM host_requests
GROUP BY host
ORDER BY short_gaps DESC, slow_downs DESC, requests DESC, host
LIMIT 30
