"""How elements travel: pickled.

Beam 2.77 takes every dataclass that is not frozen for a schema row and tries to give its fields columns; ours hold
what has none (sets of counters, nested dictionaries, unions). Registering another coder is Beam's way to say no
(`typehints.native_type_compatibility.match_dataclass_for_row`).
"""

from apache_beam import coders

from schemas.dead_letter import DeadLetter
from schemas.events.arrival import Arrived, Asked, Ended, Heard, RawOutput, Receipt
from schemas.outcome import Outcome, Scraped
from schemas.page import Page
from schemas.row_batch import RowBatch
from schemas.tally import Tally
from schemas.written import Written

__all__ = ["ELEMENTS"]

ELEMENTS = (
    Arrived, Asked, DeadLetter, Ended, Heard, Outcome, Page, RawOutput, Receipt, RowBatch, Scraped, Tally, Written,
)  # fmt: skip

for element in ELEMENTS:
    coders.registry.register_coder(element, coders.PickleCoder)
