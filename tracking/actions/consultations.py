"""The only writers of consultations (協議, clause 4): asked, talked about, decided, withdrawn."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from procedures import acts
from procedures.actions import lock_procedure
from procedures.editing import Overtaken
from procedures.models import Act, ApplicationService, Procedure, Source, User
from procedures.permissions import DIVISION_ONLY, can_edit, check_can_edit, rights_of
from procedures.records import Origin, insert, save, save_many
from procedures.rules import Service, needs_consultation
from tracking.consultations import OPEN, State
from tracking.models import Consultation, ConsultationNote
from tracking.services import Availability, availability, facts_for_service

from .comments import write_to_team

NO_SERVICE = "サービスを選んでください。"
NOT_NEEDED = (
    "この手続で「{service}」を使うのに、協議は要りません。協議が要るのは、種別が「その他」の"
    "サービスを、国・県等の指定も方針策定前の専用システムもない手続に使うときです（方針4）。"
)
SERVICE_ENDED = "「{service}」は利用が終わっています。別のサービスを選んでください。"
DUE_IN_PAST = "期限は、今日か、今日より後の日にしてください。"
UNDER_WAY = "「{service}」についての協議は、すでに「{state}」です。新しく申し込む必要はありません。"
NOT_YOURS_TO_WITHDRAW = "この協議を取り下げられるのは、申し込んだ{person}さんと情報政策課です。"
CLOSED = "この協議は「{state}」です。続ける場合は、新しく申し込んでください。"
NOT_OPEN_TO_THAT = "「{procedure}」の協議は「{state}」です。結論を変えられません。"
CHANGED_MEANWHILE = (
    "{person}さんが先に、「{procedure}」の協議を変えました（いまの状態：{state}）。まだ何も"
    "書き込んでいません。内容を確かめて、もう一度操作してください。"
)
TALK_IN_FUTURE = "協議の日は、今日か、今日より前の日にしてください。"
ANOTHER_SERVICE = "まとめて結論を出せるのは、同じサービスについての協議だけです。"
NO_REASON = "協議が調わなかった理由を入力してください。部局室に伝わります。"
NO_CONDITIONS = "条件は、協議が調ったときだけ付けられます。"
OUTCOMES = (State.AGREED, State.NOT_AGREED)
TOLD = {
    State.AGREED: "「{service}」を使うことについて、協議が調いました。",
    State.NOT_AGREED: "「{service}」を使うことについて、協議が調いませんでした。",
    State.WITHDRAWN: "「{service}」を使うことについての協議を取り下げました。",
}
DECISION = "「{service}」の協議：{state}"

Seen = Mapping[int, int]
"""Consultation → the version that a person saw of it."""


def check_can_decide(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` decides consultations (clause 4)."""
    if not can_decide(user):
        raise PermissionDenied(DIVISION_ONLY)


def can_decide(user: User) -> bool:
    """The information policy division does, administrators do not."""
    return rights_of(user).is_division


def check_can_withdraw(user: User, consultation: Consultation) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may take ``consultation`` back."""
    if not can_withdraw(user, consultation):
        sentence = NOT_YOURS_TO_WITHDRAW.format(person=consultation.asked_by)
        raise PermissionDenied(sentence)


def can_withdraw(user: User, consultation: Consultation) -> bool:
    """Who asked may while the procedure is theirs to change, and the division."""
    is_own = user.pk == consultation.asked_by_id and can_edit(user, consultation.procedure)
    return is_own or rights_of(user).is_division


def can_consult(procedure: Procedure, service: ApplicationService | None) -> bool:
    """Whether clause 4 asks for a talk before ``procedure`` may use ``service``."""
    if service is None:
        return False
    return needs_consultation(facts_for_service(procedure), Service(service.kind))


@transaction.atomic
def ask(
    *, procedure_id: int, service_id: int, purpose: str, due: date | None, by: User
) -> Consultation:
    """申込み: asks the division about one service for one procedure.

    The same one sent twice is written once and given again. Raises ``PermissionDenied`` or
    ``ValidationError`` (by field); then nothing is written.
    """
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    service = ApplicationService.objects.filter(pk=service_id).first()
    if service is None:
        raise ValidationError({"service": NO_SERVICE})
    around = procedure.consultations.filter(service=service, state__in=[*OPEN, State.AGREED])
    present = around.first()
    if present is not None:
        if (present.asked_by_id, present.purpose) == (by.pk, purpose):
            return present
        sentence = UNDER_WAY.format(service=service, state=present.get_state_display())
        raise ValidationError({"service": sentence})
    origin = Origin(by, Source.FORM)
    _check_question(procedure, service, due, on=timezone.localdate(origin.at))
    consultation = Consultation(
        procedure=procedure,
        service=service,
        purpose=purpose,
        due=due,
        asked_by=by,
        asked_at=origin.at,
    )
    consultation.clean_fields(exclude={"procedure", "service", "asked_by"})
    insert([consultation], origin)
    return consultation


@transaction.atomic
def record_talk(*, consultation_id: int, held_on: date, text: str, by: User) -> ConsultationNote:
    """協議の記録: what was said on one day; the first one makes the consultation 協議中.

    The same one sent twice is written once and given again. Raises ``PermissionDenied`` or
    ``ValidationError`` (by field); then nothing is written.
    """
    consultation = _locked(consultation_id)
    check_can_edit(by, consultation.procedure)
    again = consultation.notes.filter(held_on=held_on, text=text, written_by=by).first()
    if again is not None:
        return again
    _check_open(consultation)
    origin = Origin(by, Source.FORM)
    if held_on > timezone.localdate(origin.at):
        raise ValidationError({"held_on": TALK_IN_FUTURE})
    note = ConsultationNote(
        consultation=consultation,
        held_on=held_on,
        text=text,
        written_by=by,
        written_at=origin.at,
    )
    note.clean_fields(exclude={"consultation", "written_by"})
    insert([note], origin)
    if consultation.state == State.ASKED:
        consultation.state = State.DISCUSSING
        save(consultation, ["state"], origin)
    return note


@transaction.atomic
def set_due(*, consultation_id: int, due: date | None, version: int, by: User) -> Consultation:
    """Sets until when the division wants to be done, or that there is no such day.

    Raises ``PermissionDenied``, ``Overtaken`` or ``ValidationError`` (by field); then nothing is
    written. The day that is stored already writes nothing.
    """
    check_can_decide(by)
    consultation = _locked(consultation_id)
    if consultation.due == due:
        return consultation
    _check_open(consultation)
    _check_version(consultation, version)
    origin = Origin(by, Source.FORM)
    if due is not None and due < timezone.localdate(origin.at):
        raise ValidationError({"due": DUE_IN_PAST})
    consultation.due = due
    save(consultation, ["due"], origin)
    return consultation


@transaction.atomic
def decide(
    *, seen: Seen, outcome: str, conditions: str, reason: str, by: User
) -> tuple[list[Consultation], Act | None]:
    """調った or 調わなかった: the division's answer on consultations about one service.

    ``seen`` are the consultations with their versions; several are one act, which can be undone.
    The teams read the answer in their work queue. Raises ``PermissionDenied``, ``Overtaken`` or
    ``ValidationError`` (by field); then nothing is written. The same answer sent twice is written
    once.
    """
    check_can_decide(by)
    consultations = _all_locked(seen)
    _check_answer(consultations, outcome, conditions, reason)
    waiting = [one for one in consultations if not _is_answered(one, outcome, conditions, reason)]
    for consultation in waiting:
        _check_version(consultation, seen[consultation.pk])
        _check_can_become(consultation, outcome)
    if not waiting:
        return consultations, None
    origin = _origin_of_answer(waiting, outcome, by)
    for consultation in waiting:
        consultation.state, consultation.conditions = outcome, conditions
        consultation.outcome, consultation.decided_by = reason, by
        consultation.decided_on = timezone.localdate(origin.at)
    fields = ["state", "conditions", "outcome", "decided_by_id", "decided_on"]
    save_many(waiting, fields, origin)
    for consultation in waiting:
        _tell_team(consultation, origin)
    if origin.act is None:
        return consultations, None
    return consultations, acts.finish(origin, count=len(waiting))


@transaction.atomic
def withdraw(*, consultation_id: int, reason: str, version: int, by: User) -> Consultation:
    """取下げ: the service is not wanted any more, or not to be used; also after it was agreed.

    The team reads it in its work queue where the division did it. Raises ``PermissionDenied``,
    ``Overtaken`` or ``ValidationError``; then nothing is written. Once withdrawn writes nothing.
    """
    consultation = _locked(consultation_id)
    check_can_withdraw(by, consultation)
    if consultation.state == State.WITHDRAWN:
        return consultation
    _check_version(consultation, version)
    if consultation.state == State.NOT_AGREED:
        raise ValidationError(_closed(consultation))
    origin = Origin(by, Source.FORM)
    consultation.state, consultation.outcome = State.WITHDRAWN, reason
    consultation.decided_by = consultation.decided_on = None
    save(consultation, ["state", "outcome", "decided_by_id", "decided_on"], origin)
    if by.pk != consultation.asked_by_id:
        _tell_team(consultation, origin)
    return consultation


def _check_question(
    procedure: Procedure, service: ApplicationService, due: date | None, *, on: date
) -> None:
    if not can_consult(procedure, service):
        raise ValidationError({"service": NOT_NEEDED.format(service=service)})
    if availability(service, on) is Availability.ENDED:
        raise ValidationError({"service": SERVICE_ENDED.format(service=service)})
    if due is not None and due < on:
        raise ValidationError({"due": DUE_IN_PAST})


def _check_answer(
    consultations: Sequence[Consultation], outcome: str, conditions: str, reason: str
) -> None:
    if outcome not in OUTCOMES:
        raise ValueError(f"not an outcome: {outcome!r}")
    if len({one.service_id for one in consultations}) > 1:
        raise ValidationError(ANOTHER_SERVICE)
    if outcome == State.NOT_AGREED and not reason:
        raise ValidationError({"reason": NO_REASON})
    if outcome == State.NOT_AGREED and conditions:
        raise ValidationError({"conditions": NO_CONDITIONS})


def _check_can_become(consultation: Consultation, outcome: str) -> None:
    """An open one gets its answer; what was agreed can be called off."""
    is_called_off = (consultation.state, outcome) == (State.AGREED, State.NOT_AGREED)
    if consultation.state not in OPEN and not is_called_off:
        raise ValidationError(
            NOT_OPEN_TO_THAT.format(
                procedure=consultation.procedure, state=consultation.get_state_display()
            )
        )


def _check_open(consultation: Consultation) -> None:
    if consultation.state not in OPEN:
        raise ValidationError(_closed(consultation))


def _closed(consultation: Consultation) -> str:
    return CLOSED.format(state=consultation.get_state_display())


def _check_version(consultation: Consultation, version: int) -> None:
    if consultation.version != version:
        newest = consultation.history.order_by("history_id").last()
        raise Overtaken(
            CHANGED_MEANWHILE.format(
                person=newest.by_name,
                procedure=consultation.procedure,
                state=consultation.get_state_display(),
            )
        )


def _is_answered(consultation: Consultation, outcome: str, conditions: str, reason: str) -> bool:
    stored = (consultation.state, consultation.conditions, consultation.outcome)
    return stored == (outcome, conditions, reason)


def _origin_of_answer(consultations: Sequence[Consultation], outcome: str, by: User) -> Origin:
    if len(consultations) == 1:
        return Origin(by, Source.FORM)
    label = DECISION.format(service=consultations[0].service, state=State(outcome).label)
    return acts.begin(Act.Kind.CONSULTATION, label, by=by)


def _tell_team(consultation: Consultation, origin: Origin) -> None:
    lines = [TOLD[State(consultation.state)].format(service=consultation.service)]
    if consultation.conditions and consultation.state == State.AGREED:
        lines.append(f"条件：{consultation.conditions}")
    if consultation.outcome:
        lines.append(f"理由：{consultation.outcome}")
    write_to_team(
        consultation.procedure,
        "\n".join(lines),
        mentioned_id=consultation.asked_by_id,
        origin=origin,
    )


def _locked(consultation_id: int) -> Consultation:
    return _all_locked([consultation_id])[0]


def _all_locked(keys: Sequence[int] | Seen) -> list[Consultation]:
    """The consultations as they are while their procedures are locked, in the order of these."""
    rows = Consultation.objects.filter(pk__in=list(keys))
    procedures = {
        pk: lock_procedure(pk)
        for pk in sorted(set(rows.order_by().values_list("procedure", flat=True)))
    }
    found = list(rows.select_related("service", "asked_by").order_by("procedure", "pk"))
    for consultation in found:
        consultation.procedure = procedures[consultation.procedure_id]
    return found
