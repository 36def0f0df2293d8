"""All ways to read a page, the best first."""

from selectolax.lexbor import LexborHTMLParser

from schemas.page import Page
from scrapers.extraction.tolerant_body import BadDocument, load_json
from scrapers.fetching.charset import decode
from scrapers.proposal.candidate import Candidate, Kind
from scrapers.proposal.cards import propose_cards
from scrapers.proposal.json_answers import propose_json
from scrapers.proposal.next_links import find_next
from scrapers.proposal.script_data import propose_script_data
from scrapers.proposal.structured import propose_jsonld, propose_microdata
from scrapers.proposal.tables import propose_tables
from scrapers.proposal.whole_page import propose_whole_page

__all__ = ["propose"]

_LISTS: frozenset[Kind] = frozenset({"cards", "table", "microdata", "jsonld", "script"})


def propose(page: Page, kind: Kind | None = None) -> list[Candidate]:
    """Every candidate for this page, best first; only those of one kind when it is given."""
    content_type = page.header("content-type")
    if "json" in content_type or page.body.lstrip()[:1] in (b"{", b"["):
        try:
            found = propose_json(load_json(page.body, lambda: decode(page.body, content_type)))
            return [candidate for candidate in found if candidate.fields]
        except BadDocument:
            pass  # a page that only begins like JSON
    html = decode(page.body, content_type)
    tree = LexborHTMLParser(html)
    candidates = [
        *propose_jsonld(tree),
        *propose_microdata(tree),
        *propose_tables(tree, html),
        *propose_cards(tree),
        *propose_script_data(tree),
        propose_whole_page(tree),
    ]
    chosen = [candidate for candidate in candidates if kind in (None, candidate.kind) and candidate.fields]
    _add_next(chosen, tree, page.url)
    return sorted(chosen, key=lambda candidate: candidate.score, reverse=True)


def _add_next(candidates: list[Candidate], tree: LexborHTMLParser, url: str) -> None:
    found = find_next(tree, url)
    if found is None:
        return
    for candidate in candidates:
        if candidate.kind in _LISTS and candidate.count > 1:
            candidate.next_rule, candidate.next_origin = found
