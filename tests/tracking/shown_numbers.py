"""The numbers of a page of figures as its reader has them: text, address, and where they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Link:
    """A number that can be pressed, or a cell without one (no address)."""

    text: str = ""
    url: str = ""


@dataclass
class ShownTable:
    """A table: for each row its cells, a cell being its links, or its text where it has none."""

    caption: str = ""
    rows: list[list[list[Link]]] = field(default_factory=list)

    @property
    def head(self) -> list[str]:
        """The names of the columns."""
        return [cell[0].text for cell in self.rows[0]]

    @property
    def labels(self) -> list[str]:
        """The names of the rows, the foot's last."""
        return [row[0][0].text for row in self.rows[1:]]

    def numbers(self) -> list[tuple[str, str, list[Link]]]:
        """Each cell of the body and the foot with the names of its row and column."""
        return [
            (row[0][0].text, column, cell)
            for row in self.rows[1:]
            for column, cell in zip(self.head[1:], row[1:], strict=True)
        ]


class ShownNumbers(HTMLParser):
    """Reads the main part of a page.

    ``cards``: by its label the links of each card. ``tables`` in turn. ``charts``: by its title
    the texts of each chart. ``links``: all links to rows that are on the page, ``listed``: those
    of lists of counts by what is beside them.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cards: dict[str, list[Link]] = {}
        self.tables: list[ShownTable] = []
        self.charts: dict[str, list[str]] = {}
        self.links: list[Link] = []
        self.listed: dict[str, Link] = {}
        self._label = ""
        self._card: list[Link] | None = None
        self._texts: list[str] = []
        self._open: Link | None = None
        self._cell: list[Link] | None = None
        self._reads = ""
        self._last = Link()
        self._hidden = 0
        self.feed(html.partition("<main")[2].partition("</main>")[0])

    def table(self, caption: str) -> ShownTable:
        """The one table whose caption begins so."""
        (found,) = [table for table in self.tables if table.caption.startswith(caption)]
        return found

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        css = given.get("class", "").split()
        if tag == "span" and ("visually-hidden" in css or self._hidden):
            self._hidden += 1
        elif tag == "a":
            self._open = Link(url=given.get("href", ""))
        elif tag == "table":
            self.tables.append(ShownTable())
        elif tag == "caption":
            self._reads = "caption"
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"}:
            self._cell = [Link()]
        elif tag == "h3" and "figure__label" in css:
            self._reads, self._label = "label", ""
        elif "counts__label" in css:
            self._reads, self._label = "listed", ""
        elif tag in {"section", "h2", "h3"}:
            self._card = None
        elif tag == "title":
            self._reads, self._label = "chart", ""
        elif tag == "text":
            self._reads, self._label = "text", ""

    def handle_endtag(self, tag):
        if tag == "span" and self._hidden:
            self._hidden -= 1
        elif tag == "a" and self._open is not None:
            self._close(self._open)
        elif tag in {"td", "th"} and self._cell is not None:
            links = [link for link in self._cell[1:] if link.url]
            self.tables[-1].rows[-1].append(links or [self._cell[0]])
            self._cell = None
        elif tag == "caption":
            self._reads = ""
        elif tag == "h3" and self._reads == "label":
            self._reads, self._card = "", self.cards.setdefault(self._label, [])
        elif tag == "title":
            self._reads, self._texts = "", self.charts.setdefault(self._label, [])
        elif tag == "text":
            self._reads = ""
            self._texts.append(self._label)
        elif tag == "span" and self._reads == "listed":
            self._reads, self.listed[self._label] = "", self._last

    def handle_data(self, data):
        text = data.strip()
        if self._hidden or not text:
            return
        if self._reads == "caption":
            self.tables[-1].caption += text
        elif self._reads:
            self._label += text
        elif self._open is not None:
            self._open.text += text
        elif self._cell is not None:
            self._cell[0].text += text

    def _close(self, link: Link) -> None:
        self._open, self._last = None, link
        if self._cell is not None:
            self._cell.append(link)
        elif self._card is not None:
            self._card.append(link)
        if "set=" in link.url:
            self.links.append(link)
