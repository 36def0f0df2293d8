"""What became of a dead letter that was sent back: one record for each replay of each letter."""

import pyarrow as pa

__all__ = ["REPLAY_SCHEMA"]


def _column(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


REPLAY_SCHEMA = pa.schema(
    [
        _column("letter_id", pa.string(), "the dead letter that was sent back"),
        _column("request_id", pa.string(), "its request"),
        _column("source", pa.string(), "name of the source file"),
        _column("execution_id", pa.string(), "the execution that replayed it"),
        _column("replayed_at", pa.timestamp("us", tz="UTC"), "when that execution ended"),
        _column("outcome", pa.string(), "recovered, failed_again, or dropped"),
        _column("new_letter_id", pa.string(), "the letter of its new failure, empty when it did not fail again"),
        _column("reason", pa.string(), "why it failed again or was dropped, empty when it recovered"),
    ]
)
