"""Topics and subscriptions on the command line."""

from typing import Any

import click

from pipelines.streaming.pubsub_names import Kind, why_no_name

__all__ = ["SUBSCRIPTION", "TOPIC"]


class _Name(click.ParamType[str]):
    """A whole name; empty for none."""

    def __init__(self, kind: Kind) -> None:
        self.name = "name"
        self._kind: Kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value and (why := why_no_name(self._kind, value)):
            self.fail(why, param, ctx)
        return str(value)


TOPIC = _Name("topic")
SUBSCRIPTION = _Name("subscription")
