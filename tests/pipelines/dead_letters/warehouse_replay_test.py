"""Dead letters in a warehouse: read, replayed and linked there."""

from typing import Any

from tests.bigquery_servers.emulator import PROJECT
from transforms.bigquery.connection import connect

TITLE = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text", "required": True}}


def test_letters_in_a_warehouse_go_back_and_are_linked_there(
    shop: Any, write_source: Any, answer: Any, bigquery_dataset: str
) -> None:
    down = {"shop.test/p/2"}
    page = "<b id=1><i>ok</i></b><b id=3><u>mend</u></b>"
    a_shop = shop(lambda wanted: answer(status=503) if wanted in down else page.replace("1", wanted[-1]))
    a_shop.warehouse = f"bigquery:{PROJECT}.{bigquery_dataset}"
    write_source(pages=2, fields=TITLE, fetch={"retries": 0}, key=None)
    a_shop.scrape()
    assert sorted(line.reason for line in a_shop.lines("open")) == ["http_5xx", "invalid_item"]
    write_source(
        pages=2, fields={**TITLE, "title": {"css": "*::text", "required": True}}, fetch={"retries": 0}, key=None
    )

    for _ in range(2):
        _, flags = a_shop.prepare(statuses=("open", "failed_again"))
        a_shop.run.scrape(*flags)
        down.clear()

    client = connect(PROJECT)
    found = client.query(f"SELECT sku, title FROM `{PROJECT}.{bigquery_dataset}.shop_items` ORDER BY sku").result()
    assert [(row["sku"], row["title"]) for row in found] == [("1", "ok"), ("2", "ok"), ("3", "mend")]
    assert a_shop.outcomes() == [("failed_again", "http_5xx"), ("recovered", ""), ("recovered", "")]
    assert {line.status for line in a_shop.lines()} == {"recovered"}
    assert a_shop.site.pages == {"shop.test/p/1": 1, "shop.test/p/2": 3}
