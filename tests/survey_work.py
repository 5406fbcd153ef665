"""What the processes of the survey's tests do: each function runs in a process of its own."""

import time
from pathlib import Path
from typing import Any

from procedures import survey
from procedures.models import Procedure, SurveyDifference, SurveyEdition, SurveyProcedure
from procedures.survey import loading
from tests import factories
from tests.office_work import person
from tests.surveys import survey_file, survey_row

ROWS = 300


def begin() -> dict[str, Any]:
    """A first edition, and a procedure of the city that is linked to a row of it."""
    factories.ProcedureFactory(unassigned=True, national_id="1")
    survey.load(_file("2 未実施"), file_name="1.xlsx", name="一つ目", by=person())
    return state()


def load_by_page(name: str, said: str) -> dict[str, Any]:
    """What a page does: keeps the file, starts a process and watches; how it ended."""
    edition = survey.receive(_file(said), file_name="2.xlsx", name=name, by=person())
    survey.start(edition)
    until = time.monotonic() + 60
    while edition.is_working and not survey.has_stopped(edition) and time.monotonic() < until:
        time.sleep(0.02)
        edition.refresh_from_db()
    return state()


def load_until(name: str, said: str, step: str, mark: str) -> None:
    """Loads an edition up to ``step`` (a function of the loading), leaves ``mark`` and waits."""

    def wait(*_: Any) -> None:
        Path(mark).touch()
        time.sleep(300)

    setattr(loading, step, wait)
    survey.load(_file(said), file_name="3.xlsx", name=name, by=person())


def load_again() -> dict[str, Any]:
    """Has the stopped edition read anew."""
    survey.mark_broken_off()
    edition = SurveyEdition.objects.get(state=SurveyEdition.State.BROKEN_OFF)
    survey.ask_again(edition, by=person())
    survey.perform(edition.pk)
    return state()


def state() -> dict[str, Any]:
    """What is in the table, what the linked procedure says, and where the editions stand."""
    survey.mark_broken_off()
    return {
        "table": sorted(set(SurveyProcedure.objects.values_list("state", flat=True))),
        "rows": SurveyProcedure.objects.count(),
        "linked": Procedure.objects.get().national_state,
        "differences": SurveyDifference.objects.count(),
        "editions": dict(SurveyEdition.objects.values_list("name", "state")),
    }


def _file(said: str) -> Any:
    return survey_file(*(survey_row(number, state=said) for number in range(1, ROWS + 1)))
