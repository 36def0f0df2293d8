"""What a reader should see first: the sources that are not well, and why, in sentences."""

import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any

from pipelines.report.drift_pages import parsed
from pipelines.report.wording import count_text, cut, plural

__all__ = ["Concern", "concerns", "headline"]

SENTENCES = 7
_ILL = ("failed", "blocked", "degraded")


@dataclasses.dataclass(frozen=True, slots=True)
class Concern:
    """A source that needs somebody.

    Attributes:
      source: its line of the query sources.
      sentences: why.
      commands: what they do -> how to type them.
    """

    source: dict[str, Any]
    sentences: Sequence[str]
    commands: dict[str, str]


def concerns(sources: list[dict[str, Any]], where: str) -> list[Concern]:
    """One for each source that is not well, in the order given (the query's: worst and newest first).

    Args:
      where: the options that name the output.
    """
    return [_concern(source, where) for source in sources if source["outcome"] in _ILL]


def headline(ill: int, sources: int) -> str:
    """
    >>> headline(0, 1), headline(0, 12), headline(1, 12), headline(3, 12), headline(1, 1), headline(0, 0)
    ... # doctest: +NORMALIZE_WHITESPACE
    ('The source is well', 'All 12 sources are well', '1 of 12 sources needs attention',
     '3 of 12 sources need attention', 'The source needs attention', 'Nothing was scraped')
    """
    if not sources:
        return "Nothing was scraped"
    if sources == 1:
        return "The source needs attention" if ill else "The source is well"
    if not ill:
        return f"All {sources} sources are well"
    return f"{ill} of {sources} sources need{'s' if ill == 1 else ''} attention"


def _concern(source: dict[str, Any], where: str) -> Concern:
    sentences = [cut(reason, 400) for reason in source["reasons"] or ()]
    known = " ".join(sentences)
    for one in parsed(source["drift"]):
        sentence = cut(one.get("sentence", ""), 400)
        if one.get("degrades") and sentence and sentence not in known:
            sentences.append(sentence)
    if source["outcome"] == "blocked" or source["condition"] == "blocked":
        sentences.insert(0, "The site answered with a block page or a login wall.")
    if not sentences:
        sentences.append(f"{plural(source['rows_now'], 'row')} and {plural(source['dead_letters'], 'dead letter')}.")
    before, told = source["rows_before"], any(" rows" in sentence for sentence in sentences)
    if before is not None and source["rows_now"] < 0.9 * before and not told:
        sentences.append(
            f"{plural(source['rows_now'], 'row')}; {count_text(before)} on average in good scrapes before."
        )
    left = len(sentences) - SENTENCES
    shown = sentences[:SENTENCES] + ([f"And {plural(left, 'more reason')} in the execution log."] if left > 0 else [])
    return Concern(source, shown, _commands(source, where))


def _commands(source: dict[str, Any], where: str) -> dict[str, str]:
    name = shlex.quote(source["source"])
    commands = {}
    if source["dead_letters"]:
        commands["Its dead letters"] = f"scrapeline dead-letters list --source {name} {where}"
    commands["Once its file is mended"] = f"scrapeline reparse {name} --diff {where}"
    return commands
