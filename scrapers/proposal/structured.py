"""What the page says of itself in JSON-LD and microdata: objects of the schema.org types that are worth a table."""

import math
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scrapers.extraction.jsonld import Graph
from scrapers.extraction.microdata import Microdata
from scrapers.proposal.candidate import Candidate, Kind
from scrapers.proposal.field_names import snake_case
from scrapers.proposal.json_fields import object_fields

__all__ = ["propose_jsonld", "propose_microdata"]

_TYPES = (  # noqa: SIM905  words read better as a text
    "Recipe Product ProductGroup JobPosting Event MusicEvent SportsEvent TheaterEvent BusinessEvent EducationEvent "
    "Festival Course CourseInstance Movie TVSeries TVEpisode Book MusicAlbum MusicRecording SoftwareApplication "
    "VideoGame Dataset "
    "RealEstateListing Apartment House Accommodation Hotel Restaurant LocalBusiness Store Place TouristAttraction "
    "NewsArticle Article BlogPosting Report ScholarlyArticle TechArticle QAPage DiscussionForumPosting Question HowTo "
    "VideoObject PodcastEpisode CreativeWork Quotation Review Person Offer"
).split()  # in order of preference: what a page is about before what it is made of
_WEAK = frozenset("Person Offer Review VideoObject CreativeWork Place Question Store LocalBusiness".split())  # noqa: SIM905
_MIN_FIELDS = 3


def propose_jsonld(page: LexborHTMLParser) -> list[Candidate]:
    """One candidate a type that the page's JSON-LD has, best first."""
    graph = Graph(page)
    found = ((each, graph.find([each])) for each in _TYPES)
    return _candidates("jsonld", "JSON-LD", [(each, objects) for each, objects in found if objects])


def propose_microdata(page: LexborHTMLParser) -> list[Candidate]:
    """One candidate a type that the page's microdata has, best first."""
    items = Microdata(page)
    found = ((each, items.find([each])) for each in _TYPES)
    return _candidates("microdata", "microdata", [(each, objects) for each, objects in found if objects])


def _candidates(kind: Kind, where: str, found: list[tuple[str, list[dict[str, Any]]]]) -> list[Candidate]:
    candidates = []
    for name, objects in found:
        fields = object_fields(objects, schema_org=True)
        if len(fields) < _MIN_FIELDS:
            continue
        what = f"{len(objects)} {where} {name}{'s' * (len(objects) != 1)}"
        points = _points(name, len(objects), len(fields))
        candidates.append(Candidate(kind, what, _noun(name), {kind: [name]}, fields, len(objects), points))
    return sorted(candidates, key=lambda candidate: candidate.score, reverse=True)


def _points(name: str, count: int, fields: int) -> float:
    """On the scale of the cards' score: a page's own Recipe or Product beats the cards beside it, a Person does not."""
    strength = 0.4 if name in _WEAK else 6.0
    place = 1 - 0.01 * _TYPES.index(name)
    return strength * place * min(fields, 12) * math.sqrt(min(count, 30))


def _noun(name: str) -> str:
    noun = snake_case(name)
    return noun if noun.endswith("s") else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
