"""The fake and the emulator give the same values back: two readings of BigQuery's rules that nobody made together."""

import io
import json

import pytest
from google.cloud import bigquery

from tests.bigquery_servers.emulator import Emulator
from tests.bigquery_servers.value_cases import TAKEN
from transforms.bigquery.connection import connect

# What bqemulator 1.4.0 is known to do otherwise than BigQuery: BIGNUMERIC is not inserted, a number is no TIMESTAMP,
# and BYTES are loaded without being decoded.
COMPARED = [
    one for one in TAKEN if one[0] != "BIGNUMERIC" and not (one[0] == "TIMESTAMP" and isinstance(one[1], float))
]


@pytest.mark.parametrize("way", ["insert", "load"])
def test_what_the_fake_takes_the_emulator_reads_as_the_same(
    bigquery_emulator: Emulator, bigquery_dataset: str, way: str
) -> None:
    cases = [one for one in COMPARED if way == "insert" or one[0] != "BYTES"]
    client = connect(bigquery_emulator.project)
    columns = [bigquery.SchemaField(f"value_{index}", kind) for index, (kind, _, _) in enumerate(cases)]
    table = client.create_table(bigquery.Table(f"{bigquery_emulator.project}.{bigquery_dataset}.cases", columns))
    row = {f"value_{index}": sent for index, (_, sent, _) in enumerate(cases)}
    if way == "insert":
        assert client.insert_rows_json(table, [row]) == []
    else:
        config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
        client.load_table_from_file(io.BytesIO(json.dumps(row).encode()), table, job_config=config).result(timeout=60)
    [found] = client.list_rows(table)
    assert dict(found.items()) == {f"value_{index}": read for index, (_, _, read) in enumerate(cases)}
