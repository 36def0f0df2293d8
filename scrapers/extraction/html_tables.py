"""An HTML table as named columns and rows, by HTML's own table model (WHATWG HTML, 4.9.12)."""

from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from scrapers.extraction.markup import fold, parsed
from scrapers.source_files.mistakes import nearest

__all__ = ["Table", "TableRow", "UnknownColumn", "rows"]

Cells = list[LexborNode | None]
_WIDEST = 1000  # the standard's own bound on colspan, also for the whole grid
_JOINT = " / "
_MOST_TOLD = 60


class UnknownColumn(KeyError):
    """The table has no column of that name; says which it has. The caller mends the source file."""

    def __str__(self) -> str:
        return str(self.args[0])


class TableRow:
    """One row of the table's body.

    Attributes:
      node: its `tr` element.
    """

    __slots__ = ("_cells", "_table", "node")

    def __init__(self, node: LexborNode, cells: Cells, table: "Table") -> None:
        self.node = node
        self._cells = cells
        self._table = table

    def cell(self, column: str) -> LexborNode | None:
        """The cell that covers the row's slot in that column; None when the row is shorter.

        Raises:
          UnknownColumn: with the columns that there are.
        """
        place = self._table.place(column)
        return self._cells[place] if place < len(self._cells) else None

    def text(self, column: str) -> str | None:
        """The folded text of that cell; None when it is empty or absent. Raises UnknownColumn."""
        cell = self.cell(column)
        return (fold(cell.text(deep=True)) or None) if cell is not None else None


class Table:
    """Columns and rows.

    Attributes:
      columns: names from left to right, stacked headers joined by ` / `; a column without a header is `column 3`, the
        second of a name `Name (2)`.
      rows: of the body, without repeated headers; footers (`tfoot`: sums over columns) are left out.
    """

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.rows: list[TableRow] = []
        self._places = {name: place for place, name in enumerate(columns)}

    def place(self, column: str) -> int:
        """The place of a column from 0; spaces and case need not agree. Raises UnknownColumn."""
        place = self._places.get(column)
        if place is None:
            wanted = fold(column).casefold()
            place = next((at for at, name in enumerate(self.columns) if name.casefold() == wanted), None)
            if place is None:
                raise UnknownColumn(f"the table has no column `{column}`{self._told(column)}")
            self._places[column] = place
        return place

    def _told(self, column: str) -> str:
        """The columns that there are, and the one that was probably meant."""
        found = ", ".join(f"`{name}`" for name in self.columns[:_MOST_TOLD]) or "none"
        more = f" and {len(self.columns) - _MOST_TOLD} more" if len(self.columns) > _MOST_TOLD else ""
        meant = nearest(column, self.columns)
        return f"; its columns are {found}{more}" + (f"; did you mean `{meant}`?" if meant else "")


def rows(table: LexborNode | str) -> Table:
    """Reads a table; of markup with several the first, without one a table without columns.

    Headers are the rows of `thead`, or else the leading rows of header cells (`th`, or all bold, as old pages have it).

    >>> table = rows("<table><tr><th>Name<th>Age<tr><td>Emma<td>21</table>")
    >>> table.columns, [row.text("Age") for row in table.rows]
    (['Name', 'Age'], ['21'])
    """
    node = parsed(table).css_first("table") if isinstance(table, str) else table
    head, body = _head_and_body(node) if node is not None else ([], [])
    width = max((len(cells) for _, cells in (*head, *body)), default=0)
    read = Table(_names([cells for _, cells in head if not _is_title(cells, width)], width))
    headers = {_texts(cells) for _, cells in head if not _is_title(cells, width)}
    for row, cells in body:
        if not (headers and _is_header(row) and _texts(cells) in headers):
            read.rows.append(TableRow(row, cells, read))
    return read


def _head_and_body(table: LexborNode) -> tuple[list[tuple[LexborNode, Cells]], list[tuple[LexborNode, Cells]]]:
    head: list[tuple[LexborNode, Cells]] = []
    body: list[tuple[LexborNode, Cells]] = []
    for tag, group in _groups(table):
        if tag == "thead" and not head and not body:
            head = _grid(group)
        elif tag != "tfoot":
            body += _grid(group)
    if not head:
        count = _leading_headers([row for row, _ in body])
        head, body = body[:count], body[count:]
    return head, body


def _groups(table: LexborNode) -> Iterator[tuple[str, list[LexborNode]]]:
    """Row groups in page order; rows outside any count as one (the parser puts a tbody around them)."""
    loose: list[LexborNode] = []
    for child in table.iter():
        if child.tag in ("thead", "tbody", "tfoot"):
            yield child.tag, [row for row in child.iter() if row.tag == "tr"]
        elif child.tag == "tr":
            loose.append(child)
    if loose:
        yield "tbody", loose


def _grid(group: Sequence[LexborNode]) -> list[tuple[LexborNode, Cells]]:
    """The cell that covers each slot of each row; a cell reaches no further than its row group."""
    grid: list[tuple[LexborNode, Cells]] = []
    hanging: dict[int, tuple[int, LexborNode]] = {}  # column -> rows still to fill, cell
    for row_number, row in enumerate(group):
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        slots: Cells = []
        below: dict[int, tuple[int, LexborNode]] = {}
        for cell in cells:
            _fill_from_above(slots, hanging)
            attributes = cell.attributes
            across = _span(attributes.get("colspan"), _WIDEST) if "colspan" in attributes else 1
            down = _span(attributes.get("rowspan"), 65534, zero=len(group)) if "rowspan" in attributes else 1
            for _ in range(min(across, _WIDEST - len(slots))):
                if down > 1 and row_number + 1 < len(group):
                    below[len(slots)] = (down - 1, cell)
                slots.append(cell)
        _fill_from_above(slots, hanging, to_the_end=True)
        hanging = {at: (left - 1, cell) for at, (left, cell) in hanging.items() if left > 1} | below
        grid.append((row, slots))
    return grid


def _fill_from_above(slots: Cells, hanging: dict[int, tuple[int, LexborNode]], *, to_the_end: bool = False) -> None:
    if not hanging:
        return
    while len(slots) in hanging or (to_the_end and len(slots) < max(hanging)):
        held = hanging.get(len(slots))
        slots.append(held[1] if held else None)


def _span(value: str | None, most: int, zero: int = 1) -> int:
    digits = (value or "").strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 1
    return min(number, most) if number else zero


def _is_header(row: LexborNode) -> bool:
    cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
    return (bool(cells) and all(cell.tag == "th" for cell in cells)) or _is_bold(cells)


def _is_bold(cells: list[LexborNode]) -> bool:
    texts = [(cell, fold(cell.text(deep=True))) for cell in cells]
    filled = [(cell, text) for cell, text in texts if text]
    return len(filled) > 1 and all(
        fold("".join(b.text(deep=True) for b in cell.css("b, strong"))) == text for cell, text in filled
    )


def _is_title(cells: Cells, width: int) -> bool:
    """One cell over all columns names none of them: it is a title, in the body that of a section."""
    return width > 1 and len(cells) == width and len({cell.mem_id for cell in cells if cell is not None}) == 1


def _leading_headers(body: list[LexborNode]) -> int:
    count = 0
    for row in body:
        if not _is_header(row):
            break
        count += 1
    return count if count < len(body) or count == 1 else 0


def _texts(cells: Cells) -> tuple[str, ...]:
    return tuple(fold(cell.text(deep=True)) if cell is not None else "" for cell in cells)


def _names(head: list[Cells], width: int) -> list[str]:
    """One name a column: the texts above it from top to bottom, a cell that spans rows once."""
    used: set[str] = set()
    names: list[str] = []
    for place in range(width):
        stack = [cells[place] for cells in head if place < len(cells)]
        parts: list[str] = []
        above: LexborNode | None = None
        for cell in stack:
            if cell is not None and (above is None or above.mem_id != cell.mem_id):
                parts.append(fold(cell.text(deep=True)))
            above = cell
        name = _JOINT.join(part for part in parts if part) or f"column {place + 1}"
        unique, count = name, 1
        while unique in used:
            count += 1
            unique = f"{name} ({count})"
        used.add(unique)
        names.append(unique)
    return names
