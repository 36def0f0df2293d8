import time

import pytest

from scrapers.extraction import html_tables
from scrapers.extraction.html_tables import UnknownColumn


def read(html: str) -> tuple[list[str], list[list[str | None]]]:
    table = html_tables.rows(f"<table>{html}</table>")
    return table.columns, [[row.text(column) for column in table.columns] for row in table.rows]


STACKED = """<thead><tr><th rowspan=2>Player<th colspan=2>Field goals<th></tr><tr><th>FG<th>FGA<th>Pts</tr></thead>"""


def test_stacked_headers_are_joined_and_a_header_over_rows_stands_once():
    assert read(STACKED + "<tr><td>Emma<td>1<td>2<td>3") == (
        ["Player", "Field goals / FG", "Field goals / FGA", "Pts"],
        [["Emma", "1", "2", "3"]],
    )


def test_cells_over_rows_and_columns_fill_their_slots():
    columns, rows = read("<tr><th>a<th>b<th>c<tr><td rowspan=2>1<td colspan=2>2<tr><td>3<td>4<tr><td>5")
    assert columns == ["a", "b", "c"]
    assert rows == [["1", "2", "2"], ["1", "3", "4"], ["5", None, None]]


def test_a_cell_reaches_no_further_than_its_row_group_and_zero_means_all_of_it():
    _, rows = read("<thead><tr><th>a<th>b</thead><tbody><tr><td rowspan=0>1<td>2<tr><td>3<tbody><tr><td>4<td>5")
    assert rows == [["1", "2"], ["1", "3"], ["4", "5"]]


def test_headers_repeated_in_the_body_are_left_out_and_section_titles_stay():
    _, rows = read("<tr><th>a<th>b<tr><td>1<td>2<tr><th>a<th>b<tr><th colspan=2>Playoffs<tr><td>3<td>4")
    assert rows == [["1", "2"], ["Playoffs", "Playoffs"], ["3", "4"]]


def test_a_title_over_the_whole_table_names_no_column():
    assert read("<thead><tr><th colspan=2>Standings<tr><th>Team<th>W</thead><tr><td>A<td>1")[0] == ["Team", "W"]


def test_columns_without_a_name_or_with_one_name_can_be_told_apart():
    assert read("<tr><th>a<th><th>a<th>a (2)<th>a<tr><td>1<td>2<td>3<td>4<td>5")[0] == [
        "a", "column 2", "a (2)", "a (2) (2)", "a (3)",
    ]  # fmt: skip


def test_a_table_without_headers_names_its_columns_by_place():
    assert read("<tr><td>1<td>2<tr><td>3<td>4") == (["column 1", "column 2"], [["1", "2"], ["3", "4"]])


def test_bold_cells_are_headers_where_there_are_no_others():
    assert read("<tr><td><b>Name</b><td><strong>Age</strong><tr><td>Emma<td>21") == (["Name", "Age"], [["Emma", "21"]])


def test_row_headers_are_cells_of_the_body():
    assert read("<tr><th>Year<th>Sum<tr><th scope=row>2001<td>5") == (["Year", "Sum"], [["2001", "5"]])


def test_footers_and_inner_tables_are_no_rows():
    html = "<thead><tr><th>a</thead><tr><td>1<table><tr><td>inner</table><tfoot><tr><td>sum</tfoot>"
    table = html_tables.rows(f"<table>{html}</table>")
    assert len(table.rows) == 1


def test_empty_cells_are_null_and_white_space_is_folded():
    assert read("<tr><th>a<th>b<tr><td> &nbsp; <td> x \n y ")[1] == [[None, "x y"]]


def test_a_cell_and_its_row_are_elements():
    [row] = html_tables.rows("<table><tr><th>a<tr id=r><td><a href=/x>1</a></table>").rows
    assert row.node.attributes["id"] == "r"
    cell = row.cell("A")
    assert cell is not None
    link = cell.css_first("a")
    assert link is not None
    assert link.attributes["href"] == "/x"


def test_an_unknown_column_names_those_that_there_are():
    [row] = html_tables.rows("<table><tr><th>Team<th>W<tr><td>A<td>1</table>").rows
    with pytest.raises(UnknownColumn, match=r"no column `Wins`; its columns are `Team`, `W`"):
        row.text("Wins")


def test_markup_without_a_table_has_no_columns():
    assert html_tables.rows("<p>x").columns == []


@pytest.mark.parametrize(
    "html",
    [
        "<tr>" + "<td colspan=1000 rowspan=65534>x" * 200 + "<tr><td>y" * 200,
        "<tr><td colspan=99999999999 rowspan=-1>x<tr><td colspan=abc>y",
    ],
)
def test_absurd_spans_are_bounded(html):
    started = time.monotonic()
    assert len(read(html)[0]) <= 1000
    assert time.monotonic() - started < 30
