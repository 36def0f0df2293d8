"""Is a warehouse ready for what sources will write? Asked before anything is fetched."""

import re
from collections.abc import Mapping

from google.cloud import bigquery

from pipelines.cannot_prepare import CannotPrepare
from pipelines.machine_checks import Finding
from pipelines.warehouse_schema import specs_for
from schemas.bigquery import TableRefused
from schemas.warehouse import Warehouse
from scrapers.source_files.load import LoadedSource
from transforms.bigquery.connection import WarehouseUnavailable, connect
from transforms.bigquery.refusals import WarehouseRefused, explained
from transforms.bigquery.tables import check_tables

__all__ = ["check_reach", "check_warehouse"]


def check_warehouse(warehouse: Warehouse, sources: Mapping[str, LoadedSource]) -> None:
    """Makes the tables that are missing and compares the others with what the sources write.

    Raises:
      CannotPrepare
    """
    try:
        with explained():
            client = connect(warehouse.project)
        problems = check_tables(client, specs_for(sources, warehouse))
    except TableRefused as error:
        raise CannotPrepare(str(error)) from None
    except WarehouseRefused as error:
        raise CannotPrepare(f"--output {warehouse}: {error}") from None
    except WarehouseUnavailable as error:
        raise CannotPrepare(f"--output {warehouse}: {error}; is its address reached from here?") from None
    if problems:
        names = " ".join(sources)
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise CannotPrepare(
            f"--output {warehouse}: its tables would refuse or lose what the sources write:\n{lines}\n"
            f"What can be changed in place is changed by: scrapeline schema apply {names} --output {warehouse}"
        )


def check_reach(warehouse: Warehouse) -> Finding:
    """Whether the warehouse can be reached, with credentials that may see its datasets and run jobs."""
    try:
        with explained():
            client = connect(warehouse.project)
            names = [
                one.dataset_id for one in client.list_datasets(project=warehouse.project, max_results=1000, timeout=20)
            ]
            client.query("SELECT 1", bigquery.QueryJobConfig(dry_run=True), project=warehouse.project, timeout=20)
    except WarehouseRefused as error:
        said, *remedy = re.split(r"\. (?=Run |Needed are )", str(error), maxsplit=1)
        other = "name another project: --output bigquery:PROJECT.DATASET"
        return Finding("fail", "warehouse", f"{warehouse}: {said}", remedy[0] if remedy else other)
    except WarehouseUnavailable as error:
        return Finding("fail", "warehouse", f"{warehouse}: {error}", "see that its address can be reached from here")
    new = warehouse.dataset and warehouse.dataset not in names
    return Finding(
        "ok", "warehouse", f"{warehouse} can be reached" + (", and gets its dataset on the first run" if new else "")
    )
