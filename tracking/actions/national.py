"""The only writers of editions of the national list: taken in, paired, adopted, discarded."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from procedures import acts
from procedures.chunks import chunks
from procedures.classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from procedures.editing import Overtaken
from procedures.models import (
    Act,
    NationalListEdition,
    Procedure,
    Source,
    User,
)
from procedures.national_list import current_edition
from procedures.permissions import check_can_keep_registers
from procedures.policies import hold_inventory, policy_to_write_under
from procedures.records import Batch, Origin, begin_history, delete, insert, save
from procedures.reference_data.files import Table, Unusable
from procedures.reference_data.resources import NationalListResource
from tracking.national_revision import (
    Revision,
    carried_absences,
    carried_refusals,
    decided_of,
    revision_of,
)

KEY_TAKEN = "版の記号「{key}」は、別の版で使われています。別の記号にしてください。"
NO_DRAFT = "この版は、すでに「{state}」です。何も変えていません。"
GONE = "この版は、ほかの人が先に削除しました。"
NO_SUCCESSOR = "「{old}」の対応先として選んだ番号は、新しい一覧にありません。選び直してください。"
UNDECIDED = (
    "新しい一覧での対応が決まっていない手続が{count}件あります。"
    "対応を確かめて「この対応で確定する」を押してから、改定してください。"
)
ADOPTED = "「{edition}」に改定"
State = NationalListEdition.State


@transaction.atomic
def draft_edition(*, values: Mapping[str, Any], table: Table, by: User) -> NationalListEdition:
    """Stores a new edition as a draft with the procedures in ``table``; nothing else changes.

    ``values`` are attribute → value of the edition. Raises ``PermissionDenied``, ``Unusable`` for
    what cannot be read in the table, or ``ValidationError`` by field; then nothing is written.
    """
    check_can_keep_registers(by)
    edition = NationalListEdition(**values, state=State.DRAFT)
    origin = Origin(by, Source.FORM)
    try:
        with transaction.atomic():
            insert([edition], origin)
    except IntegrityError:
        raise ValidationError({"key": KEY_TAKEN.format(key=edition.key)}) from None
    outcome = NationalListResource(edition, by=by).bring_in(table)
    if outcome.problems:
        raise Unusable(*outcome.problems)
    insert([row.obj for row in outcome.rows], origin)
    return edition


@transaction.atomic
def save_succession(
    *,
    edition_id: int,
    pairs: Mapping[int, int | None],
    seen: Mapping[int, int | None],
    by: User,
) -> NationalListEdition:
    """Keeps what ``by`` says becomes of procedures of the current edition in a draft.

    ``pairs`` is number → number of the successor, None for none; they join those said before,
    which must be ``seen``. Raises ``PermissionDenied``, ``Overtaken`` or ``ValidationError``.
    """
    check_can_keep_registers(by)
    draft, current = _locked_draft(edition_id), current_edition()
    if current is None or decided_of(draft, current) != dict(seen):
        raise Overtaken
    earlier = dict(current.procedures.values_list("number", "name"))
    if not set(pairs) <= set(earlier):
        raise Overtaken
    known = set(draft.procedures.values_list("number", flat=True))
    for number, successor in pairs.items():
        if successor is not None and successor not in known:
            raise ValidationError(NO_SUCCESSOR.format(old=earlier[number]))
    said = {**seen, **pairs}
    succession = {
        "edition": current.pk,
        "pairs": {str(number): said[number] for number in sorted(said)},
    }
    if succession != draft.succession:
        draft.succession = succession
        save(draft, ["succession"], Origin(by, Source.FORM))
    return draft


@transaction.atomic
def discard_draft(*, edition_id: int, by: User) -> None:
    """Deletes a draft with its items; their history stays.

    Raises ``PermissionDenied``, or ``ValidationError`` where it is no draft any more.
    """
    check_can_keep_registers(by)
    draft = _locked_draft(edition_id)
    origin = Origin(by, Source.FORM)
    delete(list(draft.procedures.all()), origin)
    delete([draft], origin)


@transaction.atomic
def adopt_edition(*, edition_id: int, seen: str, by: User) -> Act:
    """Makes a draft the current edition, in one act that can be taken back as a whole.

    The current one becomes a former one; linked procedures go over to the successors, lose their
    link where there is none, and are classified anew; reasons (制度なし) and refusals are carried
    over. ``seen`` is the token of the revision that ``by`` looked at. Raises ``PermissionDenied``,
    ``Overtaken`` where it would do something else by now, or ``ValidationError``; then nothing is
    written.
    """
    check_can_keep_registers(by)
    hold_inventory()  # nobody links anything to the current edition before this one counts
    revision = revision_of(_locked_draft(edition_id))
    if undecided := revision.comparison.undecided_count:
        raise ValidationError(UNDECIDED.format(count=undecided))
    if revision.token != seen:
        raise Overtaken
    _remember(revision, by)
    origin = acts.begin(Act.Kind.NATIONAL_LIST, ADOPTED.format(edition=revision.draft), by=by)
    _change_places(revision, origin)
    batch = Batch(origin)
    batch.update(carried_absences(revision), ["absence"])
    batch.insert(carried_refusals(revision))
    batch.write()
    _move(revision.moves, origin)
    return acts.finish(origin, count=len(revision.moves))


def _remember(revision: Revision, by: User) -> None:
    """Gives what was shipped without a history one, to which an undo can go back."""
    origin = Origin(by, Source.FORM)
    begin_history([revision.current] if revision.current else [], origin)
    items = [revision.items[number] for number in _numbers_with_absence(revision)]
    begin_history(items, origin)


def _numbers_with_absence(revision: Revision) -> set[int]:
    return {
        fate.pairing.new.number for fate in revision.fates if fate.item.absence and fate.pairing.new
    }


def _change_places(revision: Revision, origin: Origin) -> None:
    """The current edition first: there is never more than one."""
    if revision.current:
        revision.current.state = State.FORMER
        save(revision.current, ["state"], origin)
    revision.draft.state = State.CURRENT
    save(revision.draft, ["state"], origin)


def _move(moves: Mapping[int, int | None], origin: Origin) -> None:
    policy = policy_to_write_under()
    for chunk in chunks(sorted(moves)):
        procedures = list(with_facts(Procedure.objects.filter(pk__in=chunk)).order_by("pk"))
        for procedure in procedures:
            procedure.national_priority_id = moves[procedure.pk]
            set_classification(procedure, facts_of(procedure), policy)
        batch = Batch(origin)
        batch.update(procedures, ["national_priority_id", *DERIVED_FIELDS])
        batch.write()


def _locked_draft(edition_id: int) -> NationalListEdition:
    edition = NationalListEdition.objects.select_for_update().filter(pk=edition_id).first()
    if edition is None:
        raise ValidationError(GONE)
    if edition.state != State.DRAFT:
        raise ValidationError(NO_DRAFT.format(state=edition.get_state_display()))
    return edition
