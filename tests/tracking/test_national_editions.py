"""Editions of the national list: taken in, paired, adopted as one act, taken back, discarded."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures import actions, acts, bulk_import
from procedures.classification import differences
from procedures.editing import Overtaken
from procedures.models import (
    Act,
    NationalListEdition,
    NationalPriorityProcedure,
    Procedure,
    RefusedLink,
    Source,
)
from procedures.national_list import NOT_CURRENT, current_edition
from procedures.reference_data.files import Line, Table, Unusable
from tests import factories
from tests.workbooks import workbook
from tracking.actions import national
from tracking.actions.national import (
    NO_DRAFT,
    UNDECIDED,
    adopt_edition,
    discard_draft,
    draft_edition,
    save_succession,
)
from tracking.actions.national_links import refuse_links, set_absence
from tracking.national_revision import revision_of

pytestmark = pytest.mark.django_db
State = NationalListEdition.State


def table(*rows: tuple[object, str]) -> Table:
    """A file of numbers and names."""
    lines = [Line(place, tuple(map(str, row))) for place, row in enumerate(rows, 2)]
    return Table(("番号", "手続名"), tuple(lines))


def drafted(by, *rows: tuple[object, str], key: str = "new") -> NationalListEdition:
    return draft_edition(values={"key": key, "name": "新しい版"}, table=table(*rows), by=by)


def item_of(edition: NationalListEdition, number: int) -> NationalPriorityProcedure:
    return edition.procedures.get(number=number)


@pytest.fixture
def items():
    """Three procedures of the current edition."""
    names = ("妊娠の届出", "転出届", "犬の登録申請、死亡届")
    return [
        factories.NationalPriorityFactory(number=number, name=name)
        for number, name in enumerate(names, 1)
    ]


@pytest.fixture
def linked(items, department):
    """A procedure linked to each of them, in 優先 by that alone."""
    return [
        factories.ProcedureFactory(department=department, national_priority=item) for item in items
    ]


def adopt(draft: NationalListEdition, by) -> Act:
    draft.refresh_from_db()
    return adopt_edition(edition_id=draft.pk, seen=revision_of(draft).token, by=by)


def links() -> dict[int, int | None]:
    return dict(Procedure.objects.values_list("pk", "national_priority_id"))


def stored() -> list[object]:
    """Everything that an adoption may touch."""
    return [
        list(Procedure.objects.order_by("pk").values("pk", "national_priority", "category")),
        list(NationalListEdition.objects.order_by("pk").values("pk", "state")),
        list(NationalPriorityProcedure.objects.order_by("pk").values("pk", "absence")),
        list(RefusedLink.objects.order_by("item", "procedure").values("item", "procedure")),
    ]


# --- Taking in ---------------------------------------------------------------------------------


def test_a_draft_changes_nothing_else(items, linked, division_person):
    before = links()
    draft = drafted(division_person, (1, "妊娠の届出"), (2, "転入届"))
    assert (draft.state, draft.procedures.count()) == (State.DRAFT, 2)
    assert current_edition() == items[0].edition
    assert links() == before
    assert item_of(draft, 2).history.get().by_name == str(division_person)


def test_what_cannot_be_read_is_named_and_nothing_is_stored(division_person):
    with pytest.raises(Unusable) as refusal:
        drafted(division_person, ("一", "妊娠の届出"), (2, ""), (3, "甲"), (3, "乙"))
    found = [(problem.row, problem.heading) for problem in refusal.value.problems]
    assert found == [(2, "番号"), (3, "手続名"), (5, "")]
    assert not NationalListEdition.objects.exists()


def test_a_key_is_given_once(division_person):
    drafted(division_person, (1, "妊娠の届出"))
    with pytest.raises(ValidationError) as refusal:
        drafted(division_person, (1, "妊娠の届出"))
    assert "key" in refusal.value.message_dict
    assert NationalListEdition.objects.count() == 1


@pytest.mark.parametrize("write", [drafted, discard_draft, adopt_edition, save_succession])
def test_teams_keep_no_editions(write, member, division_person):
    draft = drafted(division_person, (1, "妊娠の届出"), key="old")
    arguments = {
        drafted: lambda: write(member, (1, "転出届")),
        discard_draft: lambda: write(edition_id=draft.pk, by=member),
        adopt_edition: lambda: write(edition_id=draft.pk, seen="", by=member),
        save_succession: lambda: write(edition_id=draft.pk, pairs={}, seen={}, by=member),
    }
    with pytest.raises(PermissionDenied):
        arguments[write]()


def test_a_draft_is_discarded_once(division_person):
    draft = drafted(division_person, (1, "妊娠の届出"))
    discard_draft(edition_id=draft.pk, by=division_person)
    assert not NationalPriorityProcedure.objects.exists()
    with pytest.raises(ValidationError):
        discard_draft(edition_id=draft.pk, by=division_person)


def test_the_current_edition_is_no_draft(items, division_person):
    with pytest.raises(ValidationError) as refusal:
        discard_draft(edition_id=items[0].edition_id, by=division_person)
    assert refusal.value.messages == [NO_DRAFT.format(state="現行")]


# --- What becomes of which ---------------------------------------------------------------------


def test_what_was_said_is_kept_until_somebody_says_otherwise(items, division_person):
    draft = drafted(division_person, (1, "妊娠届出"), (2, "転出届"), (3, "犬の登録"))
    assert revision_of(draft).comparison.undecided_count == 2
    save_succession(edition_id=draft.pk, pairs={1: 1, 3: None}, seen={}, by=division_person)
    draft.refresh_from_db()
    assert revision_of(draft).comparison.undecided_count == 0
    save_succession(edition_id=draft.pk, pairs={3: 3}, seen={1: 1, 3: None}, by=division_person)
    draft.refresh_from_db()
    new = [pairing.new.number for pairing in revision_of(draft).comparison.pairings]
    assert new == [1, 2, 3]


def test_two_people_do_not_overwrite_each_other(items, division_person, administrator):
    draft = drafted(division_person, (1, "妊娠届出"), (2, "転出届"), (3, "犬の登録"))
    save_succession(edition_id=draft.pk, pairs={1: None}, seen={}, by=administrator)
    with pytest.raises(Overtaken):
        save_succession(edition_id=draft.pk, pairs={1: 1}, seen={}, by=division_person)


def test_a_successor_must_stand_in_the_draft(items, division_person):
    draft = drafted(division_person, (1, "妊娠届出"))
    with pytest.raises(ValidationError):
        save_succession(edition_id=draft.pk, pairs={1: 99}, seen={}, by=division_person)
    with pytest.raises(Overtaken):
        save_succession(edition_id=draft.pk, pairs={99: 1}, seen={}, by=division_person)


# --- Adopting ----------------------------------------------------------------------------------


def test_links_move_with_the_names_and_end_where_there_is_none(
    items, linked, department, division_person
):
    draft = drafted(division_person, (5, "妊娠の届出"), (6, "転出の届出（転出証明書）"))
    save_succession(edition_id=draft.pk, pairs={2: 6, 3: None}, seen={}, by=division_person)
    act = adopt(draft, division_person)

    draft.refresh_from_db()
    items[0].edition.refresh_from_db()
    assert (draft.state, items[0].edition.state) == (State.CURRENT, State.FORMER)
    assert list(links().values()) == [item_of(draft, 5).pk, item_of(draft, 6).pk, None]
    categories = list(Procedure.objects.order_by("pk").values_list("category", flat=True))
    assert categories == ["priority", "priority", "pending"]
    assert (act.kind, act.count) == (Act.Kind.NATIONAL_LIST, 3)
    assert {one.history.latest().act_id for one in Procedure.objects.all()} == {act.pk}
    assert list(differences(Procedure.objects.all())) == []


def test_what_is_not_decided_is_not_adopted(items, linked, division_person):
    draft = drafted(division_person, (1, "妊娠届出"), (2, "転出届"), (3, "犬の登録申請、死亡届"))
    before = stored()
    with pytest.raises(ValidationError) as refusal:
        adopt(draft, division_person)
    assert refusal.value.messages == [UNDECIDED.format(count=1)]
    assert stored() == before


def test_another_number_than_was_seen_is_refused(items, linked, department, division_person):
    draft = drafted(division_person, *((item.number, item.name) for item in items))
    seen = revision_of(draft).token
    factories.ProcedureFactory(department=department, national_priority=items[0])
    before = stored()
    with pytest.raises(Overtaken):
        adopt_edition(edition_id=draft.pk, seen=seen, by=division_person)
    assert stored() == before


def test_pressed_twice_it_is_adopted_once(items, linked, division_person):
    draft = drafted(division_person, *((item.number, item.name) for item in items))
    seen = revision_of(draft).token
    adopt_edition(edition_id=draft.pk, seen=seen, by=division_person)
    with pytest.raises(ValidationError):
        adopt_edition(edition_id=draft.pk, seen=seen, by=division_person)
    assert Act.objects.filter(kind=Act.Kind.NATIONAL_LIST).count() == 1


def test_the_first_edition_needs_none_before_it(division_person):
    draft = drafted(division_person, (1, "妊娠の届出"))
    adopt(draft, division_person)
    assert current_edition() == draft


def test_absence_and_refusals_are_carried_over(items, department, division_person):
    procedure = factories.ProcedureFactory(department=department)
    refuse_links(item_id=items[0].pk, procedure_ids=[procedure.pk], by=division_person)
    set_absence(item_id=items[1].pk, reason="県の事務", seen="", by=division_person)
    draft = drafted(division_person, (7, "妊娠の届出"), (8, "転出届"))
    save_succession(edition_id=draft.pk, pairs={3: None}, seen={}, by=division_person)
    adopt(draft, division_person)
    assert item_of(draft, 8).absence == "県の事務"
    assert item_of(draft, 7).refusals.get().procedure == procedure


def test_a_crash_in_the_middle_leaves_the_old_list_whole(
    items, linked, division_person, monkeypatch
):
    draft = drafted(division_person, (1, "妊娠の届出"))
    save_succession(edition_id=draft.pk, pairs={2: None, 3: None}, seen={}, by=division_person)
    draft.refresh_from_db()
    before = stored()
    written = national.set_classification

    def crash(procedure, *args):
        if procedure.pk == linked[-1].pk:
            raise RuntimeError
        return written(procedure, *args)

    monkeypatch.setattr(national, "set_classification", crash)
    with pytest.raises(RuntimeError):
        adopt(draft, division_person)
    assert stored() == before
    assert not Act.objects.exists()


# --- Taking back -------------------------------------------------------------------------------


def test_undo_restores_links_categories_editions_and_what_was_carried(
    items, linked, department, division_person, administrator
):
    other = factories.ProcedureFactory(department=department)
    refuse_links(item_id=items[0].pk, procedure_ids=[other.pk], by=division_person)
    absent = factories.NationalPriorityFactory(number=4, name="粗大ごみ収集の申込")
    set_absence(item_id=absent.pk, reason="県の事務", seen="", by=division_person)
    draft = drafted(division_person, (1, "妊娠の届出"), (4, "粗大ごみ収集の申込"))
    save_succession(edition_id=draft.pk, pairs={2: None, 3: None}, seen={}, by=division_person)
    draft.refresh_from_db()
    before = stored()
    act = adopt(draft, division_person)
    assert stored() != before

    undone = acts.undo(act_id=act.pk, by=administrator)
    assert undone.undo_left == []
    assert stored() == before
    assert list(differences(Procedure.objects.all())) == []


def test_a_shipped_list_without_history_comes_back_too(department, division_person):
    old = NationalListEdition.objects.create(key="shipped", name="版", state=State.CURRENT)
    item = NationalPriorityProcedure.objects.create(edition=old, number=1, name="妊娠の届出")
    factories.ProcedureFactory(department=department, national_priority=item)
    draft = drafted(division_person, (1, "妊娠の届出"))
    act = adopt(draft, division_person)
    assert acts.undo(act_id=act.pk, by=division_person).undo_left == []
    assert current_edition() == old
    assert list(links().values()) == [item.pk]


def test_what_somebody_linked_since_stays(items, linked, department, division_person, member):
    draft = drafted(division_person, *((item.number, item.name) for item in items))
    act = adopt(draft, division_person)
    procedure = Procedure.objects.get(pk=linked[0].pk)
    actions.update_procedure(
        procedure_id=procedure.pk,
        sent={"national_priority_id": item_of(draft, 2).pk},
        version=procedure.version,
        by=member,
        source=Source.FORM,
    )
    undone = acts.undo(act_id=act.pk, by=division_person)
    assert [left["procedure"] for left in undone.undo_left] == [procedure.pk]


def test_editions_are_taken_back_from_the_last_one(items, linked, division_person):
    rows = [(item.number, item.name) for item in items]
    first = adopt(drafted(division_person, *rows, key="second"), division_person)
    last = adopt(drafted(division_person, *rows, key="third"), division_person)
    with pytest.raises(acts.NotUndoable):
        acts.undo(act_id=first.pk, by=division_person)
    acts.undo(act_id=last.pk, by=division_person)
    acts.undo(act_id=first.pk, by=division_person)
    assert current_edition() == items[0].edition


def test_only_the_office_takes_an_edition_back(items, linked, division_person, member):
    act = adopt(drafted(division_person, *((one.number, one.name) for one in items)),
                division_person)  # fmt: skip
    with pytest.raises(PermissionDenied):
        acts.undo(act_id=act.pk, by=member)


def test_an_earlier_link_to_a_former_item_does_not_come_back(
    items, department, member, division_person
):
    procedure = factories.ProcedureFactory(department=department, national_priority=items[0])
    origin = acts.begin(Act.Kind.EDIT, "外す", by=division_person)
    actions.write_procedure(procedure, {"national_priority_id": None}, origin)
    act = acts.finish(origin, count=1)
    adopt(drafted(division_person, *((one.number, one.name) for one in items)), division_person)
    undone = acts.undo(act_id=act.pk, by=division_person)
    assert [left["fields"] for left in undone.undo_left] == [["国の優先手続"]]
    assert list(links().values()) == [None]


# --- Only what counts is linked ----------------------------------------------------------------


def test_no_writer_links_to_a_draft_or_former_item(department, member, division_person):
    procedure = factories.ProcedureFactory(department=department)
    draft = drafted(division_person, (1, "妊娠の届出"))
    sent = {"national_priority_id": item_of(draft, 1).pk}
    with pytest.raises(ValidationError) as refusal:
        actions.update_procedure(
            procedure_id=procedure.pk, sent=sent, version=1, by=member, source=Source.FORM
        )
    assert refusal.value.message_dict == {"national_priority": [NOT_CURRENT]}
    with pytest.raises(ValidationError):
        actions.create_procedure(
            number="", department=department, values={"name": "x", **sent}, by=member
        )
    assert list(links().values()) == [None]


_fates = st.lists(st.sampled_from(["same", "renamed", "joined", "dropped"]), min_size=1, max_size=5)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fates=_fates, wanted=st.lists(st.integers(0, 4), max_size=6))
def test_after_adopting_every_link_is_to_the_current_edition(
    fates, wanted, division_person, department
):
    """And undoing it restores each link and category exactly."""
    for model in (RefusedLink, Procedure, NationalPriorityProcedure, NationalListEdition):
        model.objects.all().delete()
    old = [
        factories.NationalPriorityFactory(number=number, name=f"手続{'甲乙丙丁戊'[number]}の届出")
        for number in range(len(fates))
    ]
    for place in wanted:
        item = old[place % len(old)]
        factories.ProcedureFactory(department=department, national_priority=item)
    rows = [(99, "まとめた手続")]
    rows += [
        (number, old[number].name if fate == "same" else f"新しい名の{number}番")
        for number, fate in enumerate(fates)
        if fate in ("same", "renamed")
    ]
    draft = drafted(division_person, *rows, key=f"draft-{old[0].pk}")
    asked = [one.old.number for one in revision_of(draft).comparison.pairings if one.is_asked]
    successors = {"renamed": lambda number: number, "joined": lambda number: 99}
    pairs = {number: successors.get(fates[number], lambda number: None)(number) for number in asked}
    save_succession(edition_id=draft.pk, pairs=pairs, seen={}, by=division_person)
    draft.refresh_from_db()
    before = stored()
    act = adopt(draft, division_person)

    is_current = Procedure.objects.filter(national_priority__edition=draft)
    kept = [fates[place % len(old)] != "dropped" for place in wanted]
    assert is_current.count() == sum(kept)
    assert Procedure.objects.filter(national_priority__isnull=False).count() == sum(kept)
    assert list(differences(Procedure.objects.all())) == []
    acts.undo(act_id=act.pk, by=division_person)
    assert stored() == before


def test_an_import_that_was_looked_at_before_is_compared_anew(
    items, department, division_person, administrator
):
    rows = [{"手続番号": "1", "手続名": "転出の届出", "部局室": department.name, "優先手続番号": 2}]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    draft = drafted(division_person, *((item.number, item.name) for item in items))
    adopt(draft, division_person)
    with pytest.raises(bulk_import.StalePreview):
        bulk_import.apply(run.pk, by=administrator)
    assert not Procedure.objects.exists()
    bulk_import.compare_again(run, by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    assert list(links().values()) == [item_of(draft, 2).pk]
