"""Says by which type keys travel, where Beam cannot see it: elements of tagged outputs are of any type to it."""

from typing import Any, TypeVar

import apache_beam as beam

__all__ = ["keyed"]

T = TypeVar("T")


def keyed(label: str, kind: Any) -> Any:
    """PCollection[kind] -> the same elements, whose keys are encoded as their type says.

    Args:
      kind: as `tuple[str, Any]`.
    """
    return label >> beam.Map(_as_it_is).with_output_types(kind)


def _as_it_is(element: T) -> T:
    return element
