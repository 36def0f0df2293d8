"""What `--output` and `--files` name: the folder that every run needs, and the warehouse that may take its tables."""

import dataclasses
import os

from schemas.warehouse import Warehouse

__all__ = ["DEFAULT_FOLDER", "Places", "WrongPlace", "in_full", "places"]

DEFAULT_FOLDER = "out"


class WrongPlace(ValueError):
    """The two do not go together, or name nothing that can be written to; the text says what does."""


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Where a run keeps what.

    Attributes:
      folder: archive, plans and files on their way; without a warehouse rows, letters and execution log, too.
      warehouse: takes rows, letters and execution log; None for none.
    """

    folder: str
    warehouse: Warehouse | None = None

    def __str__(self) -> str:
        return str(self.warehouse or self.folder)

    @property
    def words(self) -> list[str]:
        """The words of a command line that lead another command here."""
        return ["--output", str(self), *(["--files", self.folder] if self.warehouse else [])]


def places(output: str, files: str = "") -> Places:
    """What is meant by the two options.

    Args:
      output: a folder, or `bigquery:PROJECT[.DATASET]`.
      files: the folder beside a warehouse; empty for `out`.

    Raises:
      WrongPlace
    """
    try:
        warehouse = Warehouse.named(output)
    except ValueError as error:
        raise WrongPlace(str(error)) from None
    if warehouse is None:
        if files:
            raise WrongPlace(f"--files: {output} is a folder and takes all files; name one only beside bigquery:...")
        return Places(output.rstrip("/") or "/")
    return Places(files.rstrip("/") or DEFAULT_FOLDER, warehouse)


def in_full(where: Places) -> Places:
    """The same for processes that were started in another folder."""
    if "://" in where.folder:
        return where
    return dataclasses.replace(where, folder=os.path.abspath(where.folder))
