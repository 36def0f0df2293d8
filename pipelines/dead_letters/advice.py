"""What to do about a failure, by its reason: a line each."""

from schemas.reasons import Dead

__all__ = ["advice"]

_MEND = "mend the source until `scrapeline try` shows what it should, then replay: the archived page is parsed again"
_ADVICE = {
    Dead.TIMEOUT: "replay once the site is well again; if it is always slow: fetch.timeout_secs",
    Dead.CONNECTION: "replay once the host can be reached again; does it still exist? is the proxy well?",
    Dead.HTTP_4XX: "open the URL: if the page is gone for good, `status: {404: drop}` in the source; else mend the URL",
    Dead.HTTP_5XX: "replay once the site is well again",
    Dead.TOO_LARGE: "raise fetch.max_bytes if the page is worth it, then replay",
    Dead.BAD_CONTENT: "look at the page: if it is right as it is, fetch.content_types or fetch.response; then replay",
    Dead.BLOCKED: "the site refuses us: slower (politeness.delay_secs), or ask its owner; replay only after that",
    Dead.LOGIN_REQUIRED: "renew the source's session (its secret or its log-in steps), then replay",
    Dead.NOT_READY: "look at the screenshot: mend fetch.ready or fetch.steps, or raise fetch.timeout_secs; then replay",
    Dead.BROWSER_CRASHED: "replay; if it happens again, fetch.block and fewer --browser-tabs",
    Dead.NO_ITEMS: f"{_MEND} (--fetch: fetched again); if a page may be empty: `empty: ok`",
    Dead.PARSE_ERROR: _MEND,
    Dead.INVALID_ITEM: f"{_MEND}; or loosen the rule that the field broke",
    Dead.ROW_TOO_LARGE: "leave the large field out of the source or cut it (`convert`), then replay",
    Dead.REFUSED_BY_TABLE: "`scrapeline schema diff` says what source and table do not agree on; then replay",
    Dead.MALFORMED_EVENT: "mend who sends the event, and send it again",
    Dead.UNKNOWN_SOURCE: "add the source file, or mend its name where the run is started; then run it",
    Dead.EXPIRED: "send it again, if it is still wanted",
    Dead.POISON: "it ended the process that worked on it: try it alone (`scrapeline try`) before it is replayed",
    Dead.ADDRESS_REFUSED: "the host's address is a private one: --resolve admits it, if it is meant",
    Dead.ROUNDS_EXCEEDED: "replay: it goes on from here, where the run would have needed another round",
    Dead.NOT_PUBLISHED: "the rows are written; see to the topic, then publish what the letter holds",
    Dead.UNREADABLE: "the file that the event names cannot be read: is it there, may we read it? then send it again",
}


def advice(reason: str) -> str:
    """What to do next about a letter of this reason; empty for a reason of a version to come."""
    return _ADVICE.get(Dead(reason), "") if reason in set(Dead) else ""
