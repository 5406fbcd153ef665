"""Evidence of an exemption: what is taken, under what name, and that nothing is overwritten."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from procedures import actions
from procedures.evidence import (
    EMPTY,
    MAX_BYTES,
    NOT_TAKEN,
    NOT_WHAT_IT_SAYS,
    TOO_LARGE,
    clean_name,
    keep,
)
from procedures.models import Exemption
from procedures.rules import ExemptionGround
from tests import factories


def office_document(*members: str) -> bytes:
    """An archive with these files."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return file.getvalue()


GOOD = {
    "根拠.pdf": b"%PDF-1.7\n...",
    "写し.PNG": b"\x89PNG\r\n\x1a\n...",
    "写真.jpg": b"\xff\xd8\xff\xe0...",
    "写真.jpeg": b"\xff\xd8\xff\xe1...",
    "条例.docx": office_document("[Content_Types].xml", "word/document.xml"),
    "表.xlsx": office_document("[Content_Types].xml", "xl/workbook.xml"),
}


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def kept_files(folder) -> list[Path]:
    """Every file that is stored."""
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_taken(name, tmp_path):
    place, shown = keep(SimpleUploadedFile(name, GOOD[name]))

    assert shown == name
    assert (tmp_path / place).read_bytes() == GOOD[name]
    assert place.startswith("exemptions/")


def refused(name: str, content: bytes) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(ValidationError) as error:
        keep(SimpleUploadedFile(name, content))
    (sentence,) = error.value.messages
    return sentence


def test_what_is_not_taken_and_why(tmp_path):
    for name in ("実行.exe", "頁.html", "画.svg", "マクロ.docm", "名前だけ", ".pdf"):
        assert refused(name, b"%PDF-1.7") == NOT_TAKEN.format(name=clean_name(name))
    for name in GOOD:
        others = [content for other, content in GOOD.items() if other[-4:] != name[-4:]]
        for content in (b"<script>", b"PK\x03\x04 broken", *others):
            if name in ("写真.jpg", "写真.jpeg") and content.startswith(b"\xff\xd8"):
                continue
            ending = Path(name).suffix.lower()
            assert refused(name, content) == NOT_WHAT_IT_SAYS.format(name=name, ending=ending)
    assert refused("空.pdf", b"") == EMPTY.format(name="空.pdf")
    large = b"%PDF-" + bytes(MAX_BYTES)
    assert refused("大.pdf", large) == TOO_LARGE.format(name="大.pdf", size=11)
    assert keep(SimpleUploadedFile("ちょうど.pdf", large[:MAX_BYTES]))
    assert len(kept_files(tmp_path)) == 1


def test_an_archive_of_a_version_that_nobody_reads_is_refused():
    content = bytearray(GOOD["表.xlsx"])
    content[content.find(b"PK\x01\x02") + 6] = 120  # the version that is needed to extract
    sentence = NOT_WHAT_IT_SAYS.format(name="表.xlsx", ending=".xlsx")
    assert refused("表.xlsx", bytes(content)) == sentence


def test_the_same_file_twice_is_one_and_another_never_takes_its_place(tmp_path):
    first, _ = keep(SimpleUploadedFile("甲.pdf", b"%PDF-1"))
    again, _ = keep(SimpleUploadedFile("乙.pdf", b"%PDF-1"))
    other, _ = keep(SimpleUploadedFile("甲.pdf", b"%PDF-2"))

    assert first == again != other
    assert len(kept_files(tmp_path)) == 2


@given(st.text(max_size=400))
def test_a_name_is_short_plain_and_in_no_folder(name):
    cleaned = clean_name(name)
    assert cleaned
    assert len(cleaned) <= 130
    assert "/" not in cleaned
    assert "\\" not in cleaned
    assert cleaned.isprintable()
    assert clean_name(f"../{name}") not in ("..", ".")


def test_a_name_that_would_read_backwards_does_not():
    assert clean_name("報告\u202efdp.exe") == "報告fdp.exe"
    assert clean_name("C:\\秘密\\根拠.pdf") == "根拠.pdf"


def test_an_earlier_file_stays_where_the_history_points(department, member, tmp_path):
    procedure = factories.LegalBasisFactory(procedure__department=department).procedure

    def propose(content: bytes | None) -> Exemption:
        file = SimpleUploadedFile("根拠.pdf", content) if content else None
        return actions.propose_exemption(
            procedure_id=procedure.pk,
            ground=ExemptionGround.RULE_ART16,
            article="第1項",
            reason="理由",
            evidence=file,
            by=member,
        )

    propose(b"%PDF-old")
    propose(b"%PDF-old")  # pressed twice
    propose(b"%PDF-new")
    last = propose(None)  # none chosen: what is there stays

    places = list(last.history.order_by("history_id").values_list("evidence", flat=True))
    assert [(tmp_path / place).read_bytes() for place in places] == [b"%PDF-old", b"%PDF-new"]
    assert (tmp_path / last.evidence.name).read_bytes() == b"%PDF-new"
    assert last.evidence_name == "根拠.pdf"
