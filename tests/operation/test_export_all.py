"""Everything as open files, and back into an empty database: row by row, on either engine."""

import csv
import json
import shutil
from contextlib import contextmanager
from hashlib import sha256
from io import StringIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from operation.backup import rows
from operation.backup.archive import read_manifest, seal_of, verify
from operation.backup.manifest import Kind
from procedures.models import Procedure
from procedures.records import delete
from tests import backup_work, factories, offices

AUDIT = {"procedures_auditevent", "procedures_auditchain"}


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """An export with rows in every table, what they were, and the key of one that was deleted.

    Afterwards the database is as empty as before.
    """
    folder = tmp_path_factory.mktemp("exports")
    with django_db_blocker.unblock(), at_home_in(folder / "data"), transaction.atomic():
        department = factories.DepartmentFactory(name="市民部", code="001")
        for name in ("kanri", "second"):
            factories.administrator(username=name)
        assert backup_work.fill() == []
        leaving = factories.ProcedureFactory(department=department)
        gone = leaving.pk
        delete([leaving], factories.origin())
        before = backup_work.whole()
        call_command("export_all", folder / "all", with_passwords=True, stdout=StringIO())
        transaction.set_rollback(True)
    return folder / "all", before, gone


@contextmanager
def at_home_in(folder):
    """Files are kept in ``folder``."""
    with override_settings(DATA_DIR=folder, MEDIA_ROOT=folder / "uploads"):
        yield


@pytest.fixture
def place(db, tmp_path):
    """An empty office: nothing in the database, and folders of its own."""
    with at_home_in(tmp_path / "data"):
        yield tmp_path


@pytest.fixture
def copy(made, place):
    """A copy of the export that may be changed."""
    shutil.copytree(made[0], place / "copy")
    return place / "copy"


def resealed(folder, name, content):
    """Another content of a member, with seals that fit: nobody notices but who compares."""
    (folder / name).write_bytes(content)
    said = json.loads((folder / "manifest.json").read_bytes())
    (member,) = (each for each in said["members"] if each["name"] == name)
    member |= {"size": len(content), "sha256": sha256(content).hexdigest()}
    whole = json.dumps(said).encode()
    (folder / "manifest.json").write_bytes(whole)
    (folder / "manifest.sha256").write_bytes(seal_of(whole))


def but_audit(whole):
    return {table: found for table, found in whole.items() if table not in AUDIT}


@pytest.mark.evidence
def test_every_row_comes_back_by_way_of_another_engine(made, place, evidence):
    folder, before, gone = made
    with offices.office(server="") as sqlite:  # whatever the suite runs on
        sqlite.call("tests.backup_work:there_and_back", str(folder), str(place / "again"))
    first, second = (read_manifest(path).tables for path in (folder, place / "again"))
    other = {one.name for one, again in zip(first, second, strict=True) if one != again}
    assert other == AUDIT, "nothing but what was noted of the way"

    call_command("import_all", place / "again", stdout=StringIO())
    after = backup_work.whole()
    assert but_audit(after) == but_audit(before)
    known = before["procedures_auditevent"].items()
    assert known <= after["procedures_auditevent"].items()
    assert Procedure.objects.filter(note=backup_work.ODD).exists()
    kept = sorted(path.name for path in (place / "data").rglob("*") if path.is_file())
    assert kept == sorted(path.name for path in (folder / "uploads").rglob("*") if path.is_file())
    # Keys go on, and that of a row that is gone is never given out again.
    new = factories.ProcedureFactory(department=factories.DepartmentFactory(code="999"))
    assert new.pk > gone
    assert new.history.get().history_id > max(map(int, before["procedures_historicalprocedure"]))
    connection.check_constraints()
    count = sum(map(len, before.values()))
    evidence.says(
        "バックアップと復元",
        "すべての表を開いた形で書き出し、別の種類のデータベースへ取り込んでも、1行も変わらない。",
        f"全{len(before)}表・{count:,}行（外字、絵文字、1マイクロ秒の桁、2の62乗などを含む）を"
        "SQLiteへ移し、もう一度書き出して戻し、すべての行が一致した。",
        "この試験の中に対照はない。行の違う書出しを全体ごと断ることは、別の試験で確かめている。",
    )


def test_an_export_is_whole_and_says_what_everything_means(made):
    folder, before, _ = made
    said = read_manifest(folder, Kind.EXPORT)
    verify(folder, said)
    schema = json.loads((folder / "schema.json").read_bytes())["tables"]
    columns = {table["table"]: table["columns"] for table in schema}
    assert columns.keys() == before.keys() == {table.name for table in said.tables}
    assert "django_session" not in columns
    for table in said.tables:
        content = (folder / f"tables/{table.name}.jsonl").read_bytes()
        assert sha256(content).hexdigest() == table.sha256
        stored = [json.loads(line) for line in content.split(b"\n")[:-1]]
        names = frozenset(column["name"] for column in columns[table.name])
        assert {frozenset(row) for row in stored} == {names}
        assert len(stored) == table.rows
    note = {"name": "note", "title": "備考", "type": "TextField", "null": False}
    assert note in columns["procedures_procedure"]

    # What people read.
    book = openpyxl.load_workbook(folder / "read/手続台帳.xlsx", read_only=True)
    headings = [cell.value for cell in next(book.worksheets[0].iter_rows(max_row=1))]
    book.close()
    listed = read_csv(folder / "read/手続台帳.csv")
    assert list(listed[0])[:20] == headings[:20]
    assert len(listed) == len(before["procedures_procedure"])
    volume = read_csv(folder / "read/年間件数.csv")[0]
    assert volume["手続番号"]
    assert (volume["年間件数"], volume["オンライン件数"]) == (str(2**62), "")
    assert volume["確度"] == "実績"
    assert "パスワードのハッシュが入っています" in (folder / "README.txt").read_text("utf-8")


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_without_passwords_nobody_can_sign_in_and_it_is_said(place, administrator):
    said = StringIO()
    call_command("export_all", place / "all", stdout=said)
    assert "パスワードは入っていません" in said.getvalue()
    people = (place / "all/tables/procedures_user.jsonl").read_bytes()
    assert {json.loads(line)["password"] for line in people.splitlines()} == {"!"}
    assert not read_manifest(place / "all").with_passwords
    with pytest.raises(CommandError, match="まだない名前"):
        call_command("export_all", place / "all")


def test_what_is_not_row_by_row_the_same_is_not_taken_in(copy):
    """As if the database had kept another letter: the table is not as the export says it was."""
    name = "tables/procedures_department.jsonl"
    changed = (copy / name).read_bytes().replace("市民部".encode(), "市民郎".encode())
    assert changed != (copy / name).read_bytes()
    resealed(copy, name, changed)
    with pytest.raises(CommandError, match="procedures_department。取り込みませんでした"):
        call_command("import_all", copy, stdout=StringIO())
    assert not Procedure.objects.exists()


@pytest.mark.parametrize("line", [b"{}\n", b"x\n", b'{"id": 1}\n', b"\xff\n", b"[]\n", b"3\n"])
def test_a_row_that_cannot_be_one_is_named_with_its_table(copy, line):
    name = "tables/procedures_department.jsonl"
    resealed(copy, name, (copy / name).read_bytes() + line)
    with pytest.raises(CommandError, match="procedures_department"):
        call_command("import_all", copy, stdout=StringIO())
    assert not Procedure.objects.exists()


@pytest.mark.parametrize("key", [10**30, [1], "x", 2**62])
def test_a_value_that_cannot_be_one_is_no_crash(copy, key):
    """Also one that would do, had it not been for the row to which it points."""
    name = "tables/procedures_legalbasis.jsonl"
    lines = [json.loads(line) for line in (copy / name).read_bytes().splitlines()]
    lines[0]["procedure_id"] = key
    resealed(copy, name, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    with pytest.raises(CommandError, match=r"procedures_legalbasis|合いません"):
        call_command("import_all", copy, stdout=StringIO())
    assert not Procedure.objects.exists()


def test_an_export_without_a_table_or_with_nonsense_for_a_schema_is_refused(copy):
    resealed(copy, "schema.json", b'{"tables": 3}')
    with pytest.raises(CommandError, match=r"schema\.json"):
        call_command("import_all", copy, stdout=StringIO())


def test_a_place_that_is_not_empty_is_refused(made, place, department):
    with pytest.raises(CommandError, match="空ではありません"):
        call_command("import_all", made[0], stdout=StringIO())


def test_an_export_of_other_tables_is_refused(copy):
    schema = json.loads((copy / "schema.json").read_bytes())
    schema["tables"][0]["columns"].pop()
    resealed(copy, "schema.json", json.dumps(schema).encode())
    with pytest.raises(CommandError, match="同じ版"):
        call_command("import_all", copy, stdout=StringIO())


def test_every_kind_of_column_has_a_form():
    """A new kind of field must be thought of before it is lost or fails in an export."""
    kinds = {
        type(field.target_field if field.is_relation else field).__name__
        for model in rows.exported_models()
        for field in model._meta.concrete_fields
    }
    assert kinds <= {
        "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "CodesField",
        "DateField", "DateTimeField", "EmailField", "FileField", "FloatField",
        "GenericIPAddressField", "IntegerField", "JSONField", "PositiveBigIntegerField",
        "PositiveIntegerField", "PositiveSmallIntegerField", "TextField", "URLField", "UUIDField",
    }  # fmt: skip
