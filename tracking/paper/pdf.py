"""The paper as PDF, where WeasyPrint (the ``pdf`` extra) and its libraries are installed.

The same page gives the same bytes, and nothing is fetched for it.
"""

from functools import cache
from pathlib import Path
from typing import IO

from django.contrib.staticfiles import finders

STYLES = "css/paper.css"
FONTS = "Noto Sans JP, Noto Sans CJK JP, BIZ UDPGothic, Yu Gothic UI, Meiryo, sans-serif"
_SVG = "{http://www.w3.org/2000/svg}svg"


@cache
def is_available() -> bool:
    """Whether PDFs can be made here; otherwise a browser prints the page into one."""
    try:
        import weasyprint  # noqa: F401 - an extra, and it looks for libraries of the system
    except (ImportError, OSError):
        return False
    return True


def write_pdf(target: IO[bytes], html: str, *, identifier: str) -> None:
    """Writes the page ``html`` as a PDF that says of itself no more than the page does.

    ``identifier`` is what tells it from other files. Only where ``is_available``.
    """
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    for drawing in page.etree_element.iter(_SVG):
        drawing.set("font-family", FONTS)  # the styles of a page do not reach into its drawings
    styles = CSS(filename=Path(str(finders.find(STYLES))))
    page.write_pdf(target, stylesheets=[styles], pdf_identifier=identifier.encode(), pdf_tags=True)
