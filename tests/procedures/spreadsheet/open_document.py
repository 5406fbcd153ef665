"""OpenDocument sheets (.ods) put together by hand, part by part."""

from pathlib import Path

from tests.procedures.spreadsheet.packages import package

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_SPACES = " ".join(
    f'xmlns:{name}="{_OASIS}:{name}:1.0"'
    for name in ("office", "style", "table", "text", "drawing", "manifest")
)
HIDDEN_STYLE = (
    '<style:style style:name="ta2" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
)


def cell(text: str = "", attributes: str = "", *, kind: str = "string") -> str:
    """One cell that shows ``text``, a paragraph for each of its lines."""
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n")) if text else ""
    value_type = f'office:value-type="{kind}"' if kind else ""
    return f"<table:table-cell {value_type} {attributes}>{paragraphs}</table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    """One row of cells."""
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def texts(*values: str) -> str:
    """One row of text."""
    return row(*(cell(value) if value else cell(kind="") for value in values))


def table(content: str, *, name: str = "一覧", attributes: str = "") -> str:
    """One sheet."""
    return f'<table:table table:name="{name}" {attributes}>{content}</table:table>'


def document(tables: str, *, before: str = "") -> str:
    """The content of a book; ``before`` are its settings."""
    return (
        f'<office:document-content {_SPACES} xmlns:calcext="{_CALC}">'
        f"<office:automatic-styles>{HIDDEN_STYLE}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{before}{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def manifest(*, inside: str = "") -> str:
    """The list of parts, one entry with ``inside`` in it."""
    entry = f'<manifest:file-entry manifest:full-path="content.xml">{inside}</manifest:file-entry>'
    return f"<manifest:manifest {_SPACES}>{entry}</manifest:manifest>"


def ods(path: Path, tables: str, *, before: str = "") -> Path:
    """A whole file."""
    return package(
        path,
        {
            "mimetype": ODS_TYPE,
            "content.xml": document(tables, before=before),
            "META-INF/manifest.xml": manifest(),
        },
    )
