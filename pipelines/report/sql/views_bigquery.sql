-- Run together with a query, as one script: a temporary table lives as long as its script.
-- Each execution once (a restart may have logged it again), with what kind it was and how it went.
CREATE TEMP TABLE all_executions AS
SELECT
  execution_id, run_id, source, status, COALESCE(condition, '') AS condition, reasons, started_at, ended_at,
  pages, record_count, dead_letters, dropped, retries, bytes, fetch_secs,
  COALESCE(pages_rendered, 0) AS pages_rendered, COALESCE(browser_secs, 0) AS browser_secs,
  coverage, fields, page_types, hosts, drift, COALESCE(limited_to, '') AS limited_to,
  CASE
    WHEN COALESCE(replay_of, '') <> '' THEN 'replay'
    WHEN COALESCE(reparse_of, '') <> '' THEN 'reparse'
    ELSE 'scrape'
  END AS kind,
  CASE
    WHEN status = 'failed' THEN 'failed'
    WHEN condition IN ('blocked', 'degraded') THEN condition
    WHEN status = 'no_data' THEN 'no data'
    ELSE 'success'
  END AS outcome
FROM {stored_executions}
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY execution_id ORDER BY attempt DESC, ended_at DESC) = 1;

-- The executions and dead letters that the report is about.
CREATE TEMP TABLE executions AS SELECT * FROM all_executions WHERE {executions_filter};

-- Each letter once, with what became of it: `open` until a replay tried it again. One that failed again for
-- another reason goes on as another letter.
CREATE TEMP TABLE dead_letters AS
SELECT
  letter_id, stage, reason, message, problems, source, page_type, url, item_number, status, attempts, execution_id,
  archive_file, archive_offset, screenshot, screenshot_offset, failed_at,
  COALESCE(REPLACE(outcome, '_', ' '), 'open') AS state, COALESCE(new_letter_id, '') AS goes_on_as
FROM {stored_dead_letters}
LEFT JOIN (
  SELECT letter_id, outcome, new_letter_id FROM {stored_replays}
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY letter_id ORDER BY replayed_at DESC) = 1
) AS latest_replay USING (letter_id)
WHERE {letters_filter}
QUALIFY ROW_NUMBER() OVER (PARTITION BY letter_id ORDER BY failed_at DESC) = 1;

-- The newest scrape of each source.
CREATE TEMP TABLE newest_scrapes AS
SELECT * FROM executions
WHERE kind = 'scrape'
QUALIFY ROW_NUMBER() OVER (PARTITION BY source ORDER BY started_at DESC) = 1;

-- One line a field of a whole scrape (nothing limited it): the share of items that have it, which are the rows that may
-- have it and what was refused because of it; of executions that recorded coverage alone, the share of rows.
CREATE TEMP TABLE field_coverage AS
SELECT
  execution_id, source, started_at, outcome, field,
  CASE
    WHEN about['rows'] IS NULL THEN LAX_FLOAT64(about)
    ELSE ROUND(LAX_INT64(about.present) / GREATEST(LAX_INT64(about['rows']) + LAX_INT64(about.refused), 1), 4)
  END AS share
FROM (
  SELECT execution_id, source, started_at, outcome, field, counted[field] AS about
  FROM (
    SELECT *, PARSE_JSON(CASE WHEN fields LIKE '{"%' THEN fields ELSE coverage END) AS counted
    FROM all_executions
    WHERE kind = 'scrape' AND limited_to = '' AND coverage LIKE '{%'
  ) AS parsed, UNNEST(JSON_KEYS(counted, 1)) AS field
) AS fields;

-- One line a host of an execution: what was sent to it, and how that kept to what was allowed.
CREATE TEMP TABLE host_requests AS
SELECT
  execution_id, source, started_at, host,
  LAX_INT64(about.requests) AS requests,
  LAX_FLOAT64(about.delay_secs) AS delay_secs,
  LAX_FLOAT64(about.min_gap_secs) AS min_gap_secs,
  LAX_INT64(about.short_gaps) AS short_gaps,
  LAX_INT64(about.concurrency) * COALESCE(LAX_INT64(about.slots), 1) AS allowed_at_once,
  LAX_INT64(about.most_at_once) AS most_at_once,
  LAX_INT64(about.slow_downs) AS slow_downs,
  LAX_FLOAT64(about.paused_secs) AS paused_secs
FROM (
  SELECT execution_id, source, started_at, TRIM(quoted, '"') AS host, PARSE_JSON(hosts)[TRIM(quoted, '"')] AS about
  FROM executions, UNNEST(JSON_KEYS(PARSE_JSON(hosts), 1)) AS quoted
  WHERE hosts LIKE '{%'
) AS each_host;
