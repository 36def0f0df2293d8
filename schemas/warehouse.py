"""A warehouse as the command line names it, `bigquery:PROJECT[.DATASET]`, and where in it each table stands."""

import dataclasses
import re
from typing import Self

__all__ = ["LOG_DATASET", "LOG_TABLES", "PREFIX", "TableId", "Warehouse"]

PREFIX = "bigquery:"
LOG_DATASET = "scrapeline"
"""Where the tables of LOG_TABLES stand, and tables without a dataset in their name, when only a project is named."""
LOG_TABLES = ("dead_letters", "executions", "replays", "source_decisions")
# https://cloud.google.com/resource-manager/docs/creating-managing-projects, https://cloud.google.com/bigquery/docs/datasets
_PROJECT = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class TableId:
    """A table's full name; as text, `project.dataset.table`."""

    project: str
    dataset: str
    table: str

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"


@dataclasses.dataclass(frozen=True, slots=True)
class Warehouse:
    """One BigQuery project, or one dataset of it that takes everything.

    Attributes:
      dataset: empty: each table stands in the dataset that its name says.
    """

    project: str
    dataset: str = ""

    @classmethod
    def named(cls, output: str) -> Self | None:
        """The warehouse that `--output` names; None for one that names a folder.

        Raises:
          ValueError: it begins with `bigquery:` and goes on as nothing that could be a project or a dataset.
        """
        if not output.startswith(PREFIX):
            return None
        project, dot, dataset = output.removeprefix(PREFIX).partition(".")
        if not _PROJECT.fullmatch(project) or (dot and not _DATASET.fullmatch(dataset)):
            raise ValueError(f"--output: {output!r} is not bigquery:PROJECT or bigquery:PROJECT.DATASET")
        return cls(project, dataset)

    def place(self, table: str) -> TableId:
        """Where a table of a source (`shop.products`, `products`) or of LOG_TABLES stands.

        With a dataset of its own named, nothing is written anywhere else: `shop.products` is then `shop_products`, or
        `products` where that dataset is `shop`.

        >>> str(Warehouse("p").place("shop.products")), str(Warehouse("p", "dev").place("shop.products"))
        ('p.shop.products', 'p.dev.shop_products')
        """
        dataset, dot, name = table.rpartition(".")
        if not self.dataset:
            return TableId(self.project, dataset or LOG_DATASET, name)
        if not dot or dataset == self.dataset:
            return TableId(self.project, self.dataset, name)
        return TableId(self.project, self.dataset, table.replace(".", "_"))

    def __str__(self) -> str:
        return f"{PREFIX}{self.project}{'.' if self.dataset else ''}{self.dataset}"
