"""What the processes of the tests of backups do; ``tests.office_work`` for backups and exports."""

import json
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from axes.models import (
    AccessAttempt,
    AccessAttemptExpiration,
    AccessFailureLog,
    AccessLog,
)
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection

from operation.backup import rows
from operation.backup.making import make
from operation.backup.manifest import Refused
from operation.backup.moment import one_moment
from operation.backup.restoring import restore
from procedures import bulk_import
from procedures.models import (
    Act,
    ChangedDepartment,
    Department,
    DirectoryGroup,
    DistributedSheet,
    Distribution,
    ImportRun,
    Procedure,
    RefusedLink,
    RememberedMapping,
    Role,
    Source,
)
from procedures.records import begin_history, insert
from tests import factories, tables
from tests.office_work import listed, person
from tests.workbooks import workbook
from tracking.actions.plans import save_row
from tracking.models import (
    ColumnChoice,
    ConsultationNote,
    Dismissal,
    Edition,
    KeptFigures,
    MigrationPlan,
    Reorganisation,
    SavedFilter,
    WorkReview,
)

# What a table may hold that another database could lose: letters beyond the first plane and
# combined ones, an ideographic variant, line ends, quotes, what looks like JSON or a formula.
ODD = '𠮷田 髙﨑 が葛\U000e0100城 \'"\\ =1+1\r\n\t{"a": null} 🏯'
MOMENT = datetime(2026, 11, 24, 23, 59, 59, 123456, tzinfo=UTC)
LARGE = 2**62
COUNT_HISTORY = "SELECT COUNT(*) FROM procedures_historicalprocedure"
NESTED = {"z": [1, 2.5, None, True, {"𠮷": ODD}], "a": LARGE, "0.1": 0.1, "": {}}


def fill() -> list[str]:
    """Rows in every table, with what is hard to carry; returns the tables that are still empty."""
    factories.DepartmentFactory.reset_sequence(500)  # another process has made the first ones
    kanri, department = person(), Department.objects.get()
    _fill_inventory(kanri, department)
    _fill_records(kanri, department)
    _fill_packages(kanri)
    return [model._meta.db_table for model in rows.exported_models() if not model.objects.exists()]


def fill_and_tell() -> dict[str, dict[str, dict[str, Any]]]:
    """``fill`` and then ``whole``."""
    assert fill() == []
    return whole()


def _fill_inventory(kanri: Any, department: Department) -> None:
    division = factories.DivisionFactory(department=department, name="葛\U000e0100城課")
    service, listed_one = factories.ServiceFactory(), factories.NationalPriorityFactory()
    procedure = factories.ProcedureFactory(
        department=department, division=division, note=ODD, national_total_volume=LARGE
    )
    factories.LegalBasisFactory(procedure=procedure)
    factories.VolumeFactory(procedure=procedure, total=LARGE, online=None)
    factories.PlanFactory(procedure=procedure, hold_reason=ODD, service=service)
    factories.ExemptionFactory(procedure=factories.ProcedureFactory(department=department))
    factories.ProvisionFactory()
    factories.PublicationFactory(procedure=procedure)
    factories.CommentFactory(procedure=procedure)
    factories.IssueFactory(procedure=procedure)
    factories.MeasureFactory()
    factories.GoalFactory()
    factories.ReminderFactory()
    consultation = factories.ConsultationFactory()
    survey = factories.SurveyEditionFactory()
    factories.SurveyProcedureFactory()
    factories.SurveyDifferenceFactory(edition=survey)
    origin = factories.origin()
    recorded = (
        ConsultationNote(
            consultation=consultation, held_on=date(2026, 4, 1), text=ODD,
            written_by=kanri, written_at=MOMENT,
        ),
        Dismissal(
            procedure=procedure, check_key="x", reason=ODD, until=date(9999, 12, 31),
            dismissed_by=kanri, dismissed_at=MOMENT,
        ),
        RefusedLink(
            item=listed_one, procedure=procedure, refused_by=kanri, refused_at=MOMENT
        ),
        Reorganisation(name="改正", effective_on=date(2027, 4, 1), steps=[NESTED]),
        WorkReview(procedure=procedure, documents_finding=ODD),
        DirectoryGroup(name=ODD, role=Role.MEMBER, department=department),
    )  # fmt: skip
    for row in recorded:
        insert([row], origin)
    for row in (kanri, kanri.memberships.get()):
        begin_history([row], origin)


def _fill_records(kanri: Any, department: Department) -> None:
    act = Act(kind=Act.Kind.EDIT, label=ODD, left_out=[NESTED], by=kanri, at=MOMENT)
    act.save()
    run = bulk_import.preview(workbook(listed(3)), file_name="𠮷田.xlsx", by=kanri)
    distribution = Distribution.objects.create(name="配付", created_by=kanri, created_at=MOMENT)
    DistributedSheet.objects.create(
        distribution=distribution, department=department, row_count=1, returned_as=run
    )
    RememberedMapping.objects.create(shape="x" * 64, decided_by=kanri, decided_at=MOMENT)
    Edition.objects.create(
        title="版", reference_date=date(2026, 4, 1), content=NESTED, rows=[NESTED],
        digest="0" * 64, frozen_by=kanri, frozen_at=MOMENT,
    )  # fmt: skip
    KeptFigures.objects.get_or_create(
        department_id=LARGE, defaults={"on": date(2026, 4, 1), "definition": "x"}
    )
    ChangedDepartment.objects.create(department_id=LARGE)
    ColumnChoice.objects.create(user=kanri, shown_on="list", columns=["number", "name"])
    SavedFilter.objects.create(user=kanri, name=ODD[:60], shown_on="list", query="q=%F0")


def _fill_packages(kanri: Any) -> None:
    kind = ContentType.objects.get_for_model(Procedure)
    LogEntry.objects.create(
        user=kanri, content_type=kind, object_id="1", object_repr=ODD, action_flag=CHANGE
    )
    group = Group.objects.create(name=ODD[:150])
    group.permissions.add(Permission.objects.first())
    kanri.groups.add(group)
    kanri.user_permissions.add(Permission.objects.last())
    seen = {"username": ODD, "ip_address": "2001:db8::1", "user_agent": "x", "path_info": "/"}
    AccessLog.objects.create(**seen)
    AccessFailureLog.objects.create(**seen)
    attempt = AccessAttempt.objects.create(**seen, failures_since_start=1)
    AccessAttemptExpiration.objects.create(access_attempt=attempt, expires_at=MOMENT)
    Session.objects.create(session_key="s" * 32, session_data="secret", expire_date=MOMENT)


def whole() -> dict[str, dict[str, dict[str, Any]]]:
    """Every row of every table: table → key → column → value, as an export writes it."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model in rows.exported_models():
        key = model._meta.pk.column
        lines = map(json.loads, rows.lines(model, with_passwords=True))
        found[model._meta.db_table] = {str(row[key]): row for row in lines}
    return found


def wholes(folders: list[str]) -> list[dict[str, Any] | None]:
    """``whole`` of each copied file of SQLite; None for one that cannot even be read."""
    found: list[dict[str, Any] | None] = []
    for folder in folders:
        connection.close()
        connection.settings_dict["NAME"] = str(Path(folder) / "inventory.sqlite3")
        try:
            found.append(whole())
        except DatabaseError:
            found.append(None)
    return found


def there_and_back(folder: str, again: str) -> None:
    """Takes an export into the empty office of this process, on whatever engine, and writes it."""
    tables.make()
    call_command("import_all", folder, stdout=StringIO())
    call_command("export_all", again, with_passwords=True, stdout=StringIO())


def lost_file() -> str:
    """Takes away a kept file to which a row points; its name."""
    file = ImportRun.objects.latest("pk").file
    Path(file.path).unlink()
    return file.name


def procedures_to_write(count: int) -> list[int]:
    """Makes ``count`` procedures, each with a plan; their keys."""
    department = Department.objects.get()
    made = [factories.ProcedureFactory(department=department, note="0") for _ in range(count)]
    for procedure in made:
        factories.PlanFactory(procedure=procedure, assignee="0")
    return [procedure.pk for procedure in made]


def write(seed: int, keys: list[int], stop: str) -> list[list[Any]]:
    """Saves one number after the other until the file ``stop`` is there.

    Each is one act over two tables: the note of a procedure and the person of its plan say the
    same. Returns every one that was acknowledged: key, value, when it began and ended. The file
    ``stop`` with the number behind it comes to be when this begins.
    """
    by, number, done = person("second"), 0, []
    Path(f"{stop}{seed}").touch()
    while not Path(stop).exists():
        pk, value = keys[number % len(keys)], f"{seed}-{number}"
        begun = time.time()
        procedure = Procedure.objects.select_related("plan").get(pk=pk)
        save_row(
            procedure_id=pk,
            answers={"note": value},
            plan={"assignee": value},
            procedure_version=procedure.version,
            plan_version=procedure.plan.version,
            by=by,
            source=Source.INLINE,
        )
        done.append([pk, value, begun, time.time()])
        number += 1
    return done


def backups(folder: str, count: int) -> list[list[Any]]:
    """Makes ``count`` backups one after the other; the place, the beginning and the end of each."""
    made = []
    for _ in range(count):
        begun = time.time()
        done = make(Path(folder), keep_days=1, keep_months=0)
        made.append([str(done.folder), begun, time.time()])
    return made


def backup_that_cannot_grow(folder: str) -> str:
    """Makes one where no file may become larger than a few pages; why it was refused."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    try:
        make(Path(folder), keep_days=1, keep_months=0)
    except Refused as reason:
        return str(reason)
    return ""


def plain_copies(folder: str, count: int) -> list[list[Any]]:
    """The control: copies the file of the database, as people do; like ``backups``.

    While somebody reads, and others go on: what they write meanwhile is not in that file yet.
    """
    made = []
    with one_moment():
        first = Procedure.history.count()
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as another:
            # By two people: when there are three more, one of them has had an answer.
            while another.execute(COUNT_HISTORY).fetchone()[0] < first + 3:
                time.sleep(0.01)
        for number in range(count):
            begun = time.time()
            target = Path(folder) / f"copy-{number}" / "inventory.sqlite3"
            target.parent.mkdir(parents=True)
            shutil.copyfile(connection.settings_dict["NAME"], target)
            made.append([str(target.parent), begun, time.time()])
    return made


def torn_pairs(keys: list[int], count: int) -> int:
    """The control: reads table after table without one moment, ``count`` times.

    Returns how many pairs of note and person were of two different acts.
    """
    torn = 0
    for _ in range(count):
        people = dict(MigrationPlan.objects.values_list("procedure", "assignee"))
        time.sleep(0.05)  # as large tables take
        notes = dict(Procedure.objects.values_list("pk", "note"))
        torn += sum(people[pk] != notes[pk] for pk in keys)
    return torn


def restored(folder: str) -> dict[str, Any]:
    """Restores into the office of this process; what is there then, and how many sessions."""
    restore(Path(folder), migrate=False, say=lambda sentence: None)
    return {"whole": whole(), "sessions": Session.objects.count()}
