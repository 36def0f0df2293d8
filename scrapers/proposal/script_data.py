"""Lists in the page's scripts: what a page made in the browser is made from."""

from selectolax.lexbor import LexborHTMLParser

from scrapers.extraction import script_json
from scrapers.proposal.candidate import Candidate
from scrapers.proposal.json_answers import propose_lists

__all__ = ["propose_script_data"]

_MIN_ITEMS, _MIN_FIELDS = 3, 4
_TELLING = frozenset("title name headline text url price".split())  # noqa: SIM905
_DOUBT = 0.25  # against cards and tables: scripts hold menus, settings and translations too


def propose_script_data(page: LexborHTMLParser) -> list[Candidate]:
    """One candidate a list of objects that look like things rather than settings, the one that says most first."""
    found = [candidate for value in script_json.find(page) for candidate in propose_lists(value)]
    things = [candidate for candidate in found if _describes_things(candidate)]
    for candidate in things:
        path = _told_apart((candidate.items or {})["jmes"], candidate)
        candidate.kind, candidate.items = "script", {"from": "script", "jmes": path}
        candidate.what = f"{candidate.count} objects in a script ({path})"
        candidate.score *= _DOUBT
    return sorted(things, key=lambda candidate: candidate.score, reverse=True)


def _told_apart(path: str, candidate: Candidate) -> str:
    """A list that a script holds as a whole is asked for what its objects have: other scripts hold other lists."""
    common = [
        str(field.rule["jmes"]) for field in candidate.fields if field.found == candidate.count and "jmes" in field.rule
    ]
    return f"[?{' && '.join(common[:2])}]" if path == "@" and common else path


def _describes_things(candidate: Candidate) -> bool:
    names = {word for field in candidate.fields for word in field.name.split("_")}
    return candidate.count >= _MIN_ITEMS and len(candidate.fields) >= _MIN_FIELDS and len(names & _TELLING) > 1
