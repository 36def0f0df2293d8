"""Records in the shape of today, whatever version wrote them."""

import pyarrow as pa

__all__ = ["fitted"]


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The records in this schema: null where they lack a column, without what they have besides."""
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
