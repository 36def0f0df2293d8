"""What became of a dead letter that was sent back: one record for each replay of each letter."""

import pyarrow as pa

from schemas.described import MOMENT, described

__all__ = ["REPLAY_SCHEMA"]


REPLAY_SCHEMA = pa.schema(
    [
        described("letter_id", pa.string(), "the dead letter that was sent back"),
        described("request_id", pa.string(), "its request"),
        described("source", pa.string(), "name of the source file"),
        described("execution_id", pa.string(), "the execution that replayed it"),
        described("replayed_at", MOMENT, "when that execution ended"),
        described("outcome", pa.string(), "recovered, failed_again, or dropped"),
        described("new_letter_id", pa.string(), "the letter of its new failure, empty when it did not fail again"),
        described("reason", pa.string(), "why it failed again or was dropped, empty when it recovered"),
    ]
)
