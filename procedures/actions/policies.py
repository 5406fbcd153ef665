"""The writers of the policy's editions (clause 7): drafts, adoption on a day, and the way back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from procedures import acts, permissions
from procedures.classification import DERIVED_FIELDS, Reclassified, classified_anew
from procedures.editing import Overtaken, merged_changes
from procedures.models import Act, PolicyEdition, Procedure, Source, User
from procedures.policies import edition_in_force, hold_inventory, rules_of, stored_form
from procedures.records import Origin, delete, insert, save, save_many
from procedures.rules import POLICY_2024, Aspect, label

PARAMETERS = ("honours_national_list", "accepted", "exemption_grounds")
"""What the rules take from an edition, beside its key and day."""
EDITABLE_FIELDS = ("key", "name", "effective_from", *PARAMETERS, "decision_document", "note")
BAD_KEY = (
    "「{key}」は記号に使えません。半角の英数字で始め、英数字・ハイフン・ピリオドだけで、"
    "40字までにしてください（例：2027-04-01）。"
)
KEY_TAKEN = "記号「{key}」は、ほかの版で使われています。別の記号にしてください。"
BAD_DAY = "施行日は、令和6年4月1日から、今日の10年後までの日にしてください。"
NOTHING_ACCEPTED = (
    "「{aspects}」で支障なしとする回答を、一つ以上選んでください。一つもないと、"
    "支障のない手続（方針3(1)②）がなくなります。"
)
NO_REASON = "理由を入力してください。"
NO_DOCUMENT = "決定文書が空欄です。案の「編集」で、この改定を決めた文書を入力してください。"
TOO_EARLY = (
    "施行日（{day}）が、施行中の「{edition}」の施行日より前です。案の「編集」で直してください。"
)
ONE_WAITS = (
    "「{edition}」が施行を待っています。ほかの版を採用する場合は、"
    "先にその施行を取りやめてください。"
)
NOTHING_BEFORE = "「{edition}」より前の版はないため、戻せません。"

GONE = "この版は、ほかの人が先に削除しました。何も変えていません。"
IS_NO_MORE = "「{edition}」は、今は「{state}」です。何も変えていません。"
CHANGED_SINCE = (
    "この案は、あなたが開いた後でほかの人が変更しました。何も変えていません。"
    "内容と影響を確かめてから、もう一度操作してください。"
)
COUNT_CHANGED = (
    "区分が変わる手続は、今は{now:,}件です（入力は{entered:,}件）。何も変えていません。"
    "影響を確かめてから、今の件数を入力してください。"
)
ADOPTED = "「{old}」から「{new}」へ（区分が変わった手続 {count:,}件）"
REVERTED = "「{old}」を取りやめて「{new}」へ（区分が変わった手続 {count:,}件）"
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,39}")
_YEARS_AHEAD = 10


@transaction.atomic
def copy_policy(*, policy_id: int, values: Mapping[str, Any], by: User) -> PolicyEdition:
    """Makes a draft with the parameters of an edition, and ``values`` (attribute → value) on top.

    Raises ``PermissionDenied`` or ``ValidationError`` (by field); then nothing is written.
    """
    permissions.check_can_keep_registers(by)
    source = _locked(policy_id)
    draft = PolicyEdition(**{name: getattr(source, name) for name in PARAMETERS})
    _set(draft, values)
    _write(draft, None, Origin(by, Source.FORM))
    return draft


@transaction.atomic
def update_policy(
    *, policy_id: int, sent: Mapping[str, Any], version: int, by: User
) -> PolicyEdition:
    """Writes the fields ``sent`` (attribute → value) of a draft; equal values write nothing.

    ``version`` is the one that ``by`` saw. Raises ``PermissionDenied``, ``Overtaken`` where it is
    no draft any more, ``Conflict`` or ``ValidationError`` (by field); then nothing is written.
    """
    permissions.check_can_keep_registers(by)
    draft = _locked(policy_id, PolicyEdition.State.DRAFT)
    changes = merged_changes(draft, sent, version)
    if changes:
        _set(draft, changes)
        _write(draft, changes, Origin(by, Source.FORM))
    return draft


@transaction.atomic
def discard_policy(*, policy_id: int, version: int, by: User) -> None:
    """Deletes a draft that is as ``by`` saw it; the history keeps it.

    Raises ``PermissionDenied`` or ``Overtaken``.
    """
    permissions.check_can_keep_registers(by)
    delete([_draft_as_seen(policy_id, version)], Origin(by, Source.FORM))


@transaction.atomic
def adopt_policy(
    *, policy_id: int, reason: str, expected_count: int, version: int, by: User
) -> PolicyEdition:
    """Puts a draft in force, at once or from its day on, and classifies every procedure by it.

    ``expected_count`` procedures change their category by it, as ``by`` has seen. Before its day
    it only waits, for ``apply_scheduled``. Raises ``PermissionDenied``, ``Overtaken`` where the
    draft or that number is another by now, or ``ValidationError``; then nothing is written.
    """
    permissions.check_can_adopt_policy(by)
    hold_inventory()
    draft = _draft_as_seen(policy_id, version)
    current = edition_in_force()
    _check_adoptable(draft, current, reason)
    found = classified_anew(Procedure.objects.all(), rules_of(draft))
    if found.moved_count != expected_count:
        raise Overtaken(COUNT_CHANGED.format(now=found.moved_count, entered=expected_count))
    draft.adoption_reason = reason
    draft.adopted_by = by
    if draft.effective_from <= timezone.localdate():
        _put_in_force(draft, current, found, by)
        return draft
    origin = Origin(by, Source.REVISION, reason=reason)
    draft.state = PolicyEdition.State.SCHEDULED
    draft.adopted_count, draft.adopted_at = found.moved_count, origin.at
    names = ["state", "adoption_reason", "adopted_by_id", "adopted_count", "adopted_at"]
    save(draft, names, origin)
    return draft


@transaction.atomic
def unschedule_policy(*, policy_id: int, by: User) -> None:
    """Makes the edition that waits for its day a draft again.

    Raises ``PermissionDenied`` or ``Overtaken``.
    """
    permissions.check_can_adopt_policy(by)
    edition = _locked(policy_id, PolicyEdition.State.SCHEDULED)
    _make_draft(edition, Origin(by, Source.REVISION))


@transaction.atomic
def apply_scheduled(*, by: User) -> PolicyEdition | None:
    """Puts the edition in force whose day has come; None where none waits, or not yet today.

    It was adopted before: whoever keeps the registers, or a command, may carry it out. How many
    procedures change their category is counted again. Raises ``PermissionDenied``.
    """
    permissions.check_can_keep_registers(by)
    due = _scheduled().filter(effective_from__lte=timezone.localdate())
    if not due.exists():
        return None
    hold_inventory()
    edition = due.select_for_update().first()  # somebody may have been faster, or made it a draft
    if edition is None:
        return None
    found = classified_anew(Procedure.objects.all(), rules_of(edition))
    _put_in_force(edition, edition_in_force(), found, by)
    return edition


@transaction.atomic
def revert_policy(*, policy_id: int, reason: str, by: User) -> PolicyEdition:
    """Takes the adoption of the edition in force back; returns the one before, in force again.

    Every procedure is classified by that; the reverted edition is a draft again. Raises
    ``PermissionDenied``, ``Overtaken`` where another one is in force by now, or
    ``ValidationError``; then nothing is written.
    """
    permissions.check_can_adopt_policy(by)
    if not reason:
        raise ValidationError({"reason": NO_REASON})
    hold_inventory()
    edition = _locked(policy_id, PolicyEdition.State.IN_FORCE)
    if edition.former_id is None:
        raise ValidationError(NOTHING_BEFORE.format(edition=edition))
    former = _locked(edition.former_id)
    found = classified_anew(Procedure.objects.all(), rules_of(former))
    words = REVERTED.format(old=edition, new=former, count=found.moved_count)
    origin = acts.begin(Act.Kind.POLICY, words, by=by, source=Source.REVISION)
    decided = replace(origin, reason=reason)
    acts.mark_undone(edition.adoption, origin)
    _make_draft(edition, decided)
    former.state = PolicyEdition.State.IN_FORCE
    save(former, ["state"], decided)
    _classify(found, origin)
    return former


def scheduled_edition() -> PolicyEdition | None:
    """The edition that waits for its day."""
    return _scheduled().first()


def _scheduled() -> QuerySet[PolicyEdition]:
    return PolicyEdition.objects.filter(state=PolicyEdition.State.SCHEDULED)


def _put_in_force(
    edition: PolicyEdition, current: PolicyEdition, found: Reclassified, by: User
) -> None:
    """Writes the change from ``current`` to ``edition``, of which ``found`` are the results."""
    words = ADOPTED.format(old=current, new=edition, count=found.moved_count)
    origin = acts.begin(Act.Kind.POLICY, words, by=by, source=Source.REVISION)
    decided = replace(origin, reason=edition.adoption_reason)
    current.state = PolicyEdition.State.FORMER  # first: only one may be in force
    save(current, ["state"], decided)
    edition.state = PolicyEdition.State.IN_FORCE
    edition.former, edition.adoption = current, origin.act
    edition.adopted_count, edition.adopted_at = found.moved_count, origin.at
    names = ["state", "former_id", "adoption_id", "adoption_reason", "adopted_by_id"]
    save(edition, [*names, "adopted_count", "adopted_at"], decided)
    _classify(found, origin)


def _classify(found: Reclassified, origin: Origin) -> None:
    """A revision is no sign of life: nobody has looked at the procedures."""
    save_many(found.rows, DERIVED_FIELDS, origin, touch=False)
    acts.finish(origin, count=len(found.rows))


def _make_draft(edition: PolicyEdition, origin: Origin) -> None:
    """As it was before its adoption, which stays in the history."""
    edition.state = PolicyEdition.State.DRAFT
    edition.former = edition.adoption = edition.adopted_by = None
    edition.adoption_reason, edition.adopted_count, edition.adopted_at = "", None, None
    names = ["state", "former_id", "adoption_id", "adopted_by_id", "adoption_reason"]
    save(edition, [*names, "adopted_count", "adopted_at"], origin)


def _locked(policy_id: int, state: PolicyEdition.State | None = None) -> PolicyEdition:
    """The edition, locked; ``Overtaken`` where it is gone, or not in ``state`` (any more)."""
    rows = PolicyEdition.objects.select_for_update(of=("self",))
    edition = rows.select_related("adoption").filter(pk=policy_id).first()
    if edition is None:
        raise Overtaken(GONE)
    if state is not None and edition.state != state:
        raise Overtaken(IS_NO_MORE.format(edition=edition, state=edition.get_state_display()))
    return edition


def _draft_as_seen(policy_id: int, version: int) -> PolicyEdition:
    draft = _locked(policy_id, PolicyEdition.State.DRAFT)
    if draft.version != version:
        raise Overtaken(CHANGED_SINCE)
    return draft


def _check_adoptable(draft: PolicyEdition, current: PolicyEdition, reason: str) -> None:
    if not reason:
        raise ValidationError({"reason": NO_REASON})
    if not draft.decision_document:
        raise ValidationError(NO_DOCUMENT)
    if draft.effective_from < current.effective_from:
        day = f"{draft.effective_from:%Y年%-m月%-d日}"
        raise ValidationError(TOO_EARLY.format(day=day, edition=current))
    if waiting := scheduled_edition():
        raise ValidationError(ONE_WAITS.format(edition=waiting))


def _set(draft: PolicyEdition, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields of a draft: {sorted(unknown)}")
    for name, value in values.items():
        setattr(draft, name, value)
    stored = stored_form(rules_of(draft))
    draft.accepted, draft.exemption_grounds = stored["accepted"], stored["exemption_grounds"]


def _write(draft: PolicyEdition, changes: Mapping[str, Any] | None, origin: Origin) -> None:
    """Inserts the draft, or writes ``changes`` of it."""
    _check(draft)
    try:
        with transaction.atomic():
            if changes is None:
                insert([draft], origin)
            else:
                save(draft, changes, origin)
    except IntegrityError:
        raise ValidationError({"key": KEY_TAKEN.format(key=draft.key)}) from None


def _check(draft: PolicyEdition) -> None:
    if not _KEY.fullmatch(draft.key):
        raise ValidationError({"key": BAD_KEY.format(key=draft.key)})
    last = timezone.localdate() + timedelta(days=_YEARS_AHEAD * 365)
    if not POLICY_2024.effective_from <= draft.effective_from <= last:
        raise ValidationError({"effective_from": BAD_DAY})
    empty = [label(Aspect(aspect)) for aspect, answers in draft.accepted.items() if not answers]
    if empty:
        raise ValidationError({"accepted": NOTHING_ACCEPTED.format(aspects="」「".join(empty))})
    draft.clean_fields(exclude={"changed_at"})
