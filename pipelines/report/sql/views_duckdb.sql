-- Each execution once (a restart may have logged it again), with what kind it was and how it went.
CREATE VIEW all_executions AS
SELECT
  execution_id, run_id, source, status, coalesce(condition, '') AS condition, reasons,
  started_at AT TIME ZONE 'UTC' AS started_at, ended_at AT TIME ZONE 'UTC' AS ended_at,
  pages, record_count, dead_letters, dropped, retries, bytes, fetch_secs,
  coalesce(pages_rendered, 0) AS pages_rendered, coalesce(browser_secs, 0) AS browser_secs,
  coverage, fields, page_types, hosts, drift, coalesce(limited_to, '') AS limited_to,
  CASE
    WHEN coalesce(replay_of, '') <> '' THEN 'replay'
    WHEN coalesce(reparse_of, '') <> '' THEN 'reparse'
    ELSE 'scrape'
  END AS kind,
  CASE
    WHEN status = 'failed' THEN 'failed'
    WHEN condition IN ('blocked', 'degraded') THEN condition
    WHEN status = 'no_data' THEN 'no data'
    ELSE 'success'
  END AS outcome
FROM stored_executions
QUALIFY row_number() OVER (PARTITION BY execution_id ORDER BY attempt DESC, ended_at DESC) = 1;

-- The executions and dead letters that the report is about.
CREATE VIEW executions AS SELECT * FROM all_executions WHERE {executions_filter};

-- Each letter once, with what became of it: `open` until a replay tried it again. One that failed again for
-- another reason goes on as another letter.
CREATE VIEW dead_letters AS
SELECT
  letter_id, stage, reason, message, problems, source, page_type, url, item_number, status, attempts, execution_id,
  archive_file, archive_offset, screenshot, screenshot_offset, failed_at AT TIME ZONE 'UTC' AS failed_at,
  coalesce(replace(outcome, '_', ' '), 'open') AS state, coalesce(new_letter_id, '') AS goes_on_as
FROM stored_dead_letters
LEFT JOIN (
  SELECT letter_id, outcome, new_letter_id FROM stored_replays
  QUALIFY row_number() OVER (PARTITION BY letter_id ORDER BY replayed_at DESC) = 1
) AS latest_replay USING (letter_id)
WHERE {letters_filter}
QUALIFY row_number() OVER (PARTITION BY letter_id ORDER BY failed_at DESC) = 1;

-- The newest scrape of each source.
CREATE VIEW newest_scrapes AS
SELECT * FROM executions
WHERE kind = 'scrape'
QUALIFY row_number() OVER (PARTITION BY source ORDER BY started_at DESC) = 1;

-- One line a field of a whole scrape (nothing limited it): the share of items that have it, which are the rows that may
-- have it and what was refused because of it; of executions that recorded coverage alone, the share of rows.
CREATE VIEW field_coverage AS
SELECT
  execution_id, source, started_at, outcome, field.key AS field,
  CASE
    WHEN field.value ->> '$.rows' IS NULL THEN TRY_CAST(CAST(field.value AS VARCHAR) AS DOUBLE)
    ELSE round(
      CAST(field.value ->> '$.present' AS BIGINT)
      / greatest(CAST(field.value ->> '$.rows' AS BIGINT) + CAST(field.value ->> '$.refused' AS BIGINT), 1),
      4
    )
  END AS share
FROM (
  SELECT
    execution_id, source, started_at, outcome,
    unnest(map_entries(TRY_CAST(
      TRY_CAST(CASE WHEN fields LIKE '{"%' THEN fields ELSE coverage END AS JSON) AS MAP(VARCHAR, JSON)
    ))) AS field
  FROM all_executions
  WHERE kind = 'scrape' AND limited_to = ''
) AS fields;

-- One line a host of an execution: what was sent to it, and how that kept to what was allowed.
CREATE VIEW host_requests AS
SELECT
  execution_id, source, started_at, host.key AS host,
  CAST(host.value ->> '$.requests' AS BIGINT) AS requests,
  CAST(host.value ->> '$.delay_secs' AS DOUBLE) AS delay_secs,
  CAST(host.value ->> '$.min_gap_secs' AS DOUBLE) AS min_gap_secs,
  CAST(host.value ->> '$.short_gaps' AS BIGINT) AS short_gaps,
  CAST(host.value ->> '$.concurrency' AS BIGINT) * coalesce(CAST(host.value ->> '$.slots' AS BIGINT), 1)
    AS allowed_at_once,
  CAST(host.value ->> '$.most_at_once' AS BIGINT) AS most_at_once,
  CAST(host.value ->> '$.slow_downs' AS BIGINT) AS slow_downs,
  CAST(host.value ->> '$.paused_secs' AS DOUBLE) AS paused_secs
FROM (
  SELECT
    execution_id, source, started_at,
    unnest(map_entries(TRY_CAST(TRY_CAST(hosts AS JSON) AS MAP(VARCHAR, JSON)))) AS host
  FROM executions
) AS hosts;
