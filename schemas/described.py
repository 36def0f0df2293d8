"""A column of a stored table, with what it means."""

import pyarrow as pa

__all__ = ["MOMENT", "described"]

MOMENT = pa.timestamp("us", tz="UTC")


def described(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    """The column; its meaning stands in the file's schema and in the warehouse."""
    return pa.field(name, kind, metadata={"description": meaning})
