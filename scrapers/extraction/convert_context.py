"""What a converter may know besides the value, and how it says that it cannot read it."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["ConvertContext", "ConvertError", "Converter", "text_in"]


class ConvertError(ValueError):
    """The value cannot be read; the message says what was expected. The field has a problem, its item is refused."""


@dataclasses.dataclass(frozen=True, slots=True)
class ConvertContext:
    """The page that a value stands on.

    Attributes:
      url: of the page, to make links absolute.
      params: of the request.
      fetched_at: Unix seconds; what "yesterday" is relative to, never the clock on the wall.
    """

    url: str = ""
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    fetched_at: float = 0.0

    @property
    def moment(self) -> datetime:
        """When the page was fetched, in UTC."""
        return datetime.fromtimestamp(self.fetched_at, UTC)


Converter = Callable[[Any, ConvertContext], Any]


def text_in(value: Any, wanted: str) -> str:
    """The text of a plain value.

    Raises:
      ConvertError: it is a record or a list, not a plain value.
    """
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool | dict | list):
        kind = {bool: "true or false", dict: "a record", list: "a list"}[type(value)]
        raise ConvertError(f"expected {wanted}, found {kind}")
    return str(value)
