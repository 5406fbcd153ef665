"""The pages of 組織改正: every step by its form, what is refused and how, and what comes after."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from procedures import acts, bulk_import
from procedures.bulk_import.lookups import NO_MORE, READ_AS
from procedures.models import Department, Division, Procedure
from procedures.records import save
from procedures.templatetags.inventory import with_era
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.test_reorganisation import carried_out, drafted, many_procedures, merge, ref
from tests.workbooks import workbook
from tracking.actions.editions import freeze
from tracking.actions.reorganisation import CHANGED_MEANWHILE, OUT_OF_RANGE, TOO_EARLY, steps_of
from tracking.forms.reorganisation import NO_TARGET, NOBODY_LEFT, STEP_FORMS
from tracking.models import Reorganisation
from tracking.structure import (
    DIVISION_TAKEN,
    NAME_TAKEN,
    NAMES_SWAPPED,
    PLACE_TAKEN,
    TARGET_IS_SOURCE,
    THERE_ALREADY,
    TOO_FEW_TARGETS,
    TOO_YOUNG,
    Kind,
    Step,
    work_out,
)
from tracking.structure_reading import office_on
from tracking.succession import ended

pytestmark = pytest.mark.django_db
LIST = "/registers/reorganisations/"
TODAY = timezone.localdate
# A is 環境部, D its first division.
REFUSED = (
    (Kind.NEW_DEPARTMENT, {"name": "環境部"}, NAME_TAKEN.format(name="環境部")),
    (Kind.NEW_DEPARTMENT, {"name": "あ\x00い"}, ""),
    (Kind.NEW_DEPARTMENT, {"name": "あ" * 101}, ""),
    (Kind.RENAME_DEPARTMENT, {"unit": "1" * 30, "name": "新しい部"}, ""),
    (Kind.MERGE_DEPARTMENTS, {"units": ["A"], "target": ""}, NO_TARGET),
    (
        Kind.MERGE_DEPARTMENTS,
        {"units": ["A"], "target": "A"},
        TARGET_IS_SOURCE.format(name="環境部"),
    ),
    (Kind.SPLIT_DEPARTMENT, {"unit": "A"}, TOO_FEW_TARGETS),
    (
        Kind.NEW_DIVISION,
        {"target": "A", "name": "ごみ対策課"},
        DIVISION_TAKEN.format(department="環境部", name="ごみ対策課"),
    ),
    (
        Kind.MOVE_DIVISIONS,
        {"units_A": ["D"], "target": "A"},
        THERE_ALREADY.format(name="環境政策課", department="環境部"),
    ),
    (Kind.MERGE_DIVISIONS, {"target": "D"}, "一つ以上選んでください"),
)
NONSENSE = (
    ("arrange/", {"version": "x", "place": 0, "move": "up"}),
    ("arrange/", {"version": 1, "place": 2**70, "move": "up"}),
    ("arrange/", {"version": 1, "place": 0, "move": "sideways"}),
    ("carry-out/", {"version": 2**70, "count": 0}),
    ("carry-out/", {"version": 1, "count": 0, "seen": "\x00"}),
    ("carry-out/", {"version": 1, "count": "\x00"}),
    ("delete/", {}),
    ("split/?step=99999999999999999999", {"version": 1}),
    ("split/?step=\x00", {}),
    ("step/?kind=nothing", {}),
    ("again/", {}),
)


@pytest.fixture
def office(department):
    """市民部 with a division, and 環境部 with two."""
    other = factories.DepartmentFactory(name="環境部")
    for name in ("環境政策課", "ごみ対策課"):
        factories.DivisionFactory(department=other, name=name)
    return department, other


@pytest.fixture
def draft(office, division_person):
    """A draft without steps, for today."""
    return drafted(division_person)


def step_page(draft: Reorganisation, kind: Kind) -> str:
    return f"{LIST}{draft.pk}/step/?kind={kind.value}"


def test_a_draft_is_made_changed_and_given_up(signed_in, division_person, office):
    client = signed_in(division_person)
    sent = {"name": "改正", "effective_on": "2027-04-01", "note": "議会で議決", "version": 0}
    response = client.post(f"{LIST}new/", sent)
    draft = Reorganisation.objects.get()
    assert response.url == f"{LIST}{draft.pk}/"
    page = text(client.get(f"{LIST}{draft.pk}/edit/"))
    client.post(f"{LIST}{draft.pk}/edit/", sent_by(page, "reorganisation-form", name="機構改革"))
    stale = client.post(
        f"{LIST}{draft.pk}/edit/", sent_by(page, "reorganisation-form", name="再編")
    )
    assert stale.status_code == 409
    draft.refresh_from_db()
    assert draft.name == "機構改革"
    client.post(f"{LIST}{draft.pk}/delete/", {"version": draft.version})
    assert not Reorganisation.objects.exists()


def test_a_day_that_cannot_be_is_refused(signed_in, division_person):
    client = signed_in(division_person)
    for day in ("1999-12-31", "9999-12-31", "0001-01-01", "2027-02-30", "あす"):
        sent = {"name": "改正", "effective_on": day, "note": "", "version": 0}
        response = client.post(f"{LIST}new/", sent)
        assert response.status_code == 422, day
        assert (OUT_OF_RANGE in text(response)) == (day[:4] in ("1999", "9999", "0001"))
    assert not Reorganisation.objects.exists()


def test_every_kind_has_a_form_that_makes_a_step(signed_in, division_person, office, draft):
    client = signed_in(division_person)
    citizens, environment = office
    first, second = (ref(unit) for unit in environment.divisions.all())
    (own,) = map(ref, citizens.divisions.all())
    here, there = ref(citizens), ref(environment)
    # Each in turn, on the office that the ones before it make.
    filled = {
        Kind.NEW_DEPARTMENT: {"name": "新設部", "after": here},
        Kind.RENAME_DEPARTMENT: {"unit": here, "name": "市民生活部"},
        Kind.NEW_DIVISION: {"target": "n1", "name": "企画課"},
        Kind.RENAME_DIVISION: {"unit": own, "name": "窓口課"},
        Kind.MOVE_DIVISIONS: {f"units_{there}": [first], "target": "n1"},
        Kind.MERGE_DIVISIONS: {"units_n1": ["n2"], "target": first},
        Kind.END_DIVISION: {"unit": second},
        Kind.SPLIT_DEPARTMENT: {"unit": here, "stays": "on", "names": "一部\n二部"},
        Kind.MERGE_DEPARTMENTS: {"units": [there], "target": "", "name": "統合部"},
    }
    assert set(filled) == set(STEP_FORMS) == set(Kind)
    del filled[Kind.MERGE_DIVISIONS]  # a unit that this reorganisation makes cannot end with it
    for kind, values in filled.items():
        page = text(client.get(step_page(draft, kind)))
        response = client.post(step_page(draft, kind), sent_by(page, "step-form") | values)
        assert response.status_code == 302, (kind, text(response))
        draft.refresh_from_db()
    kinds = [step.kind for step in steps_of(draft)]
    assert set(filled) == set(kinds)
    assert len(kinds) == len(filled) + 3  # the new ones that a split and a merge need
    assert "「市民部」を「市民生活部」に改める" in text(client.get(f"{LIST}{draft.pk}/"))


def test_what_cannot_be_is_refused_with_a_sentence(signed_in, division_person, office, draft):
    _, environment = office
    client, names = (
        signed_in(division_person),
        {"A": ref(environment), "D": ref(environment.divisions.first())},
    )

    def named(value: object) -> object:
        if isinstance(value, list):
            return [named(one) for one in value]
        return names.get(value, value)

    for kind, values, sentence in REFUSED:
        sent = {key.replace("A", names["A"]): named(value) for key, value in values.items()}
        response = client.post(step_page(draft, kind), sent | {"version": draft.version})
        assert response.status_code == 422, (kind, values)
        assert sentence in text(response)
    draft.refresh_from_db()
    assert draft.steps == []


def test_a_step_of_an_older_page_is_refused_and_one_pressed_twice_is_taken_once(
    signed_in, division_person, draft
):
    client = signed_in(division_person)
    sent = {"version": draft.version, "name": "新設部"}
    assert client.post(step_page(draft, Kind.NEW_DEPARTMENT), sent).status_code == 302
    again = client.post(step_page(draft, Kind.NEW_DEPARTMENT), sent)
    assert again.status_code == 409
    draft.refresh_from_db()
    assert len(draft.steps) == 1
    stale = client.post(f"{LIST}{draft.pk}/arrange/", {"version": 1, "place": 0, "move": "remove"})
    assert stale.status_code == 409
    assert CHANGED_MEANWHILE in text(stale)


def test_nonsense_is_answered_with_a_sentence(signed_in, division_person, draft):
    client = signed_in(division_person)
    for address, sent in NONSENSE:
        response = client.post(f"{LIST}{draft.pk}/{address}", sent)
        assert response.status_code in (302, 422), address
        if response.status_code == 302:
            assert "notice--error" in text(client.get(response.url)), address
    assert Reorganisation.objects.get().version == draft.version


def test_steps_go_up_down_and_away_and_what_depends_on_them_is_named(
    signed_in, division_person, office
):
    client = signed_in(division_person)
    citizens, _ = office
    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="新設部"),
        Step(Kind.MERGE_DEPARTMENTS, units=(ref(citizens),), target="n1"),
    )

    def arranged(place: int, move: str) -> tuple[list[str], bool]:
        draft.refresh_from_db()
        sent = {"version": draft.version, "place": place, "move": move}
        client.post(f"{LIST}{draft.pk}/arrange/", sent)
        draft.refresh_from_db()
        kinds = [step.kind for step in steps_of(draft)]
        return kinds, "行えません" in text(client.get(f"{LIST}{draft.pk}/"))

    new, merged = Kind.NEW_DEPARTMENT, Kind.MERGE_DEPARTMENTS
    assert arranged(0, "down") == ([merged, new], True)
    assert arranged(1, "up") == ([new, merged], False)
    assert arranged(0, "up") == ([new, merged], False)
    assert arranged(0, "remove") == ([merged], True)


def test_a_split_is_decided_on_its_page(signed_in, division_person, office):
    client = signed_in(division_person)
    _, environment = office
    first, second = environment.divisions.all()
    one, other = factories.member_of(environment), factories.member_of(environment)
    measure = factories.MeasureFactory(department=environment)
    factories.ProcedureFactory(department=environment, division=first)
    factories.ProcedureFactory(department=environment)
    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="自然部"),
        Step(Kind.NEW_DEPARTMENT, unit="n2", name="生活部"),
        Step(Kind.SPLIT_DEPARTMENT, unit=ref(environment), targets=("n1", "n2")),
    )
    page = text(client.get(f"{LIST}{draft.pk}/"))
    assert "決まっていないこと（4件）" in page
    address = f"{LIST}{draft.pk}/split/?step=2"
    decided = {
        f"division_{first.pk}": "n1",
        f"division_{second.pk}": "n2",
        f"measure_{measure.pk}": "n2",
        "rest": "n2",
        f"person_{one.pk}": ["n1"],
    }
    form = sent_by(text(client.get(address)), "split-form") | decided
    nobody = client.post(address, form | {f"person_{other.pk}": []})
    assert nobody.status_code == 422
    assert NOBODY_LEFT in text(nobody)
    client.post(address, form | {f"person_{other.pk}": ["n1", "n2"]})
    page = text(client.get(f"{LIST}{draft.pk}/"))
    assert "決まっていないこと" not in page
    response = client.post(f"{LIST}{draft.pk}/carry-out/", sent_by(page, "carry-out-form"))
    assert response.status_code == 302
    nature, life = (Department.objects.get(name=name) for name in ("自然部", "生活部"))
    assert set(one.memberships.values_list("department", flat=True)) == {nature.pk}
    assert set(other.memberships.values_list("department", flat=True)) == {nature.pk, life.pk}
    environment.refresh_from_db()
    found = ended(environment, TODAY())
    assert found is not None
    assert set(found.heirs) == {nature, life}
    listed = text(client.get("/procedures/", {"department": environment.pk}))
    assert f"条件の「環境部」は、{with_era(environment.valid_to)}で終わりました" in listed
    assert f"?department={nature.pk}" in listed


def test_the_confirmed_number_is_what_is_carried_out(signed_in, division_person, office):
    client = signed_in(division_person)
    citizens, environment = office
    factories.ProcedureFactory(department=citizens)
    draft = drafted(division_person, merge(environment, citizens))
    address = f"{LIST}{draft.pk}/carry-out/"
    form = sent_by(text(client.get(f"{LIST}{draft.pk}/")), "carry-out-form")
    factories.ProcedureFactory(department=citizens)
    changed = client.post(address, form)
    assert changed.status_code == 409
    assert "1件→2件" in text(changed)
    assert citizens.procedures.count() == 2
    form = sent_by(text(changed), "carry-out-form")
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 422
    assert environment.procedures.count() == 2


def test_it_waits_for_its_day_and_the_dashboard_says_when_it_has_come(
    signed_in, division_person, office
):
    client = signed_in(division_person)
    citizens, environment = office
    tomorrow = TODAY() + timedelta(days=1)
    draft = drafted(division_person, merge(environment, citizens), on=tomorrow)
    page = text(client.get(f"{LIST}{draft.pk}/"))
    assert "carry-out-form" not in page
    early = {"version": draft.version, "count": 0, "seen": "-"}
    refused = client.post(f"{LIST}{draft.pk}/carry-out/", early)
    assert TOO_EARLY in text(refused)
    assert "実施日の来たものがあります" not in text(client.get("/dashboard/"))
    draft.effective_on = TODAY()
    save(draft, ["effective_on"], factories.origin())
    assert "実施日の来たものがあります" in text(client.get("/dashboard/"))


def test_old_names_stand_on_the_dashboard_of_an_earlier_day_and_in_frozen_editions(
    signed_in, division_person, office
):
    client = signed_in(division_person)
    citizens, environment = office
    factories.ProcedureFactory(department=citizens)
    edition = freeze(title="改正前", reference_date=TODAY(), by=division_person)
    stored = edition.content
    draft = drafted(
        division_person,
        Step(Kind.RENAME_DEPARTMENT, unit=ref(environment), name="市民環境部"),
        merge(environment, citizens),
    )
    act = carried_out(draft, division_person)
    _date_back(act)
    now = text(client.get("/dashboard/"))
    assert "市民環境部" in now
    yesterday = TODAY() - timedelta(days=2)
    then = text(client.get("/dashboard/", {"as_of": yesterday.isoformat()}))
    assert "市民環境部" not in then
    assert "環境部" in then
    edition.refresh_from_db()
    assert edition.content == stored
    assert "市民環境部" not in text(client.get(f"/editions/{edition.pk}/"))


def _date_back(act) -> None:
    """Everything before the act was written three days ago."""
    for model in (Procedure, Department, Division):
        earlier = model.history.filter(history_date__lt=act.at)
        earlier.update(history_date=timezone.now() - timedelta(days=3))


def test_a_workbook_that_was_out_meanwhile_is_read_by_the_former_names(
    office, division_person, administrator
):
    citizens, environment = office
    first, second = environment.divisions.all()
    stays = factories.ProcedureFactory(department=environment, division=first, number="1")
    draft = drafted(
        division_person,
        Step(Kind.RENAME_DEPARTMENT, unit=ref(citizens), name="市民生活部"),
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="自然部"),
        Step(Kind.NEW_DEPARTMENT, unit="n2", name="生活部"),
        Step(
            Kind.SPLIT_DEPARTMENT,
            unit=ref(environment),
            targets=("n1", "n2"),
            divisions={ref(first): "n1", ref(second): "n2"},
        ),
    )
    carried_out(draft, division_person)
    rows = [
        {"手続番号": "1", "手続名": stays.name, "部局室": "環境部"},
        {"手続番号": "2", "手続名": "転入の届出", "部局室": "市民部", "課": "市民サービス課"},
        {"手続番号": "3", "手続名": "ごみの届出", "部局室": "環境部", "課": "ごみ対策課"},
    ]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    notes = [row.notes for row in run.rows.order_by("row_number")]
    assert notes[0] == [NO_MORE.format(name="環境部")]
    assert notes[1] == [READ_AS.format(what="部局室", old="市民部", new="市民生活部")]
    assert notes[2] == [READ_AS.format(what="課", old="環境部 ごみ対策課", new="生活部 ごみ対策課")]
    bulk_import.apply(run_id=run.pk, by=administrator)
    stays.refresh_from_db()
    assert (stays.department.name, stays.division) == ("自然部", first)
    assert Procedure.objects.get(number="2").department == citizens
    assert Procedure.objects.get(number="3").division == second


def test_units_of_the_same_day_and_swapped_names_are_refused(office):
    citizens, environment = office
    citizens.valid_from = TODAY()
    save(citizens, ["valid_from"], factories.origin())
    outcome = work_out(office_on(TODAY()), [merge(environment, citizens)], TODAY())
    assert outcome.refused == {0: TOO_YOUNG.format(name="市民部")}
    first, second = environment.divisions.all()
    swap = [
        Step(Kind.RENAME_DIVISION, unit=ref(first), name="仮"),
        Step(Kind.RENAME_DIVISION, unit=ref(second), name=first.name),
        Step(Kind.RENAME_DIVISION, unit=ref(first), name=second.name),
    ]
    (question,) = work_out(office_on(TODAY()), swap, TODAY()).questions
    assert question.sentence == NAMES_SWAPPED
    replaced = [
        Step(Kind.END_DIVISION, unit=ref(first)),
        Step(Kind.NEW_DIVISION, unit="n1", target=ref(environment), name=first.name),
    ]
    (question,) = work_out(office_on(TODAY()), replaced, TODAY()).questions
    assert question.sentence == PLACE_TAKEN.format(department="環境部", name=first.name)


def test_the_page_asks_as_often_for_many_rows_as_for_few(signed_in, division_person, office):
    client = signed_in(division_person)
    citizens, environment = office

    def queries(draft: Reorganisation) -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(f"{LIST}{draft.pk}/")
        return len(found)

    many_procedures(citizens, [None], 3)
    draft = drafted(division_person, merge(environment, citizens))
    queries(draft)
    few = queries(draft)
    many_procedures(environment, [None], 12)
    factories.member_of(citizens)
    factories.DivisionFactory.create_batch(5, department=citizens)
    assert queries(draft) == few
    act = carried_out(draft, division_person)
    few = queries(draft)
    many_procedures(factories.DepartmentFactory(), [None], 12)
    assert queries(draft) == few
    acts.undo(act_id=act.pk, by=division_person)
