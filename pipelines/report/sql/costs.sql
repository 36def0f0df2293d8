-- What the scrapes of each source took, together; the 20 that took longest. `fetch_secs` runs from sending to the last
-- byte, side by side requests added up; `browser_secs`, for which a tab was held, is part of it.
SELECT
  source,
  count(*) AS scrapes,
  sum(pages) AS pages,
  sum(pages_rendered) AS pages_rendered,
  round(sum(fetch_secs), 3) AS fetch_secs,
  round(sum(browser_secs), 3) AS browser_secs,
  round(sum(fetch_secs) / greatest(sum(pages), 1), 3) AS secs_a_page,
  sum(bytes) AS bytes,
  sum(retries) AS retries
FROM executions
WHERE kind = 'scrape'
GROUP BY source
ORDER BY fetch_secs DESC, source
LIMIT 20
