"""The history of a source that writes to BigQuery is read there."""

import json
from collections.abc import Callable

from pipelines.places import places
from pipelines.stores.store import open_store
from tests.bigquery_servers.emulator import PROJECT
from tests.pipelines.loopback_site import Site
from tests.pipelines.whole_runs import Project

FIELDS = {"sku": {"css": "::attr(id)", "required": True}, "price": {"css": "i", "type": "integer"}}


def test_a_field_falls_against_runs_that_are_in_bigquery(
    project_of_runs: Project,
    site: Callable[..., Site],
    write_source: Callable[..., None],
    bigquery_dataset: str,
) -> None:
    tag = "i"
    shop = site(lambda wanted: f"<b id='{wanted}'><{tag}>1</{tag}></b>")
    where = [f"--output=bigquery:{PROJECT}.{bigquery_dataset}", f"--files={project_of_runs.output}"]
    write_source(pages=20, fields=FIELDS)

    project_of_runs.scrape(*where, "=".join(shop.resolve))
    tag = "s"
    project_of_runs.scrape(*where, "=".join(shop.resolve))

    output, files = (word.partition("=")[2] for word in where)
    first, second = open_store(places(output, files)).executions().to_pylist()
    assert (first["condition"], second["condition"]) == ("", "degraded")
    [price] = [entry for entry in json.loads(second["drift"]) if entry["what"] == "field"]
    assert (price["name"], price["was"], price["now"]) == ("price", 1.0, 0.0)
    assert price["before"]["execution_id"] == first["execution_id"]
