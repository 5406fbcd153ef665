"""The writers of exemptions (適用除外, clause 6): proposed by a team, decided by the division."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from procedures import permissions
from procedures.models import Exemption, Procedure, Source, User
from procedures.records import Origin, insert, save
from procedures.rules import ExemptionGround

from .procedures import lock_procedure, write_touched

NO_EXEMPTION = "この手続には適用除外の申出がありません。"
NOT_PROPOSED = "この適用除外は確認待ちではありません。画面を読み込み直してください。"
CHANGED_MEANWHILE = (
    "適用除外の内容が、画面を開いた後に変わりました。今の内容を確かめて、もう一度操作してください。"
)
CONFIRMED_ALREADY = "確認済の適用除外があります。変えるには、先に情報政策課が取り下げてください。"


@transaction.atomic
def propose_exemption(
    *, procedure_id: int, ground: ExemptionGround, article: str, reason: str, by: User
) -> Exemption:
    """Records a proposal (clause 6); it exempts nothing until the division confirms it.

    Raises ``PermissionDenied`` or ``ValidationError``. The same proposal again writes nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    exemption = Exemption.objects.filter(procedure=procedure).first()
    if exemption and exemption.state == Exemption.State.CONFIRMED:
        raise ValidationError(CONFIRMED_ALREADY)
    exemption = exemption or Exemption(procedure=procedure)
    proposal = {
        "ground": ground.value,
        "article": article,
        "reason": reason,
        "state": Exemption.State.PROPOSED.value,
    }
    if all(getattr(exemption, name) == value for name, value in proposal.items()):
        return exemption
    _write_proposal(procedure, exemption, proposal, Origin(by, Source.FORM))
    return exemption


@transaction.atomic
def confirm_exemption(
    *, procedure_id: int, by: User, proposed_at: datetime | None = None
) -> Procedure:
    """Decides a proposed exemption; it counts from now on where its ground fits the basis.

    ``proposed_at`` names the proposal that ``by`` saw. Raises ``PermissionDenied``, or
    ``ValidationError`` where nothing waits or another proposal does.
    """
    permissions.check_can_confirm_exemption(by)
    procedure, exemption = _locked_exemption(procedure_id)
    if exemption.state != Exemption.State.PROPOSED:
        raise ValidationError(NOT_PROPOSED)
    _check_seen(exemption, proposed_at)
    origin = Origin(by, Source.FORM)
    exemption.confirmed_by, exemption.confirmed_at = by, origin.at
    _move_exemption(procedure, exemption, Exemption.State.CONFIRMED, origin)
    return procedure


@transaction.atomic
def withdraw_exemption(
    *, procedure_id: int, by: User, proposed_at: datetime | None = None
) -> Procedure:
    """Takes a proposal or a decided exemption back; the procedure is classified anew.

    Raises as ``confirm_exemption``.
    """
    permissions.check_can_confirm_exemption(by)
    procedure, exemption = _locked_exemption(procedure_id)
    if exemption.state == Exemption.State.WITHDRAWN:
        raise ValidationError(NOT_PROPOSED)
    _check_seen(exemption, proposed_at)
    exemption.confirmed_by = exemption.confirmed_at = None
    _move_exemption(procedure, exemption, Exemption.State.WITHDRAWN, Origin(by, Source.FORM))
    return procedure


def _locked_exemption(procedure_id: int) -> tuple[Procedure, Exemption]:
    procedure = lock_procedure(procedure_id)
    exemption = Exemption.objects.filter(procedure=procedure).first()
    if exemption is None:
        raise ValidationError(NO_EXEMPTION)
    return procedure, exemption


def _check_seen(exemption: Exemption, proposed_at: datetime | None) -> None:
    if proposed_at is not None and proposed_at != exemption.proposed_at:
        raise ValidationError(CHANGED_MEANWHILE)


def _write_proposal(
    procedure: Procedure, exemption: Exemption, proposal: dict[str, str], origin: Origin
) -> None:
    for name, value in proposal.items():
        setattr(exemption, name, value)
    exemption.proposed_by, exemption.proposed_at = origin.by, origin.at
    exemption.clean_fields()
    if exemption._state.adding:
        insert([exemption], origin)
    else:
        save(exemption, [*proposal, "proposed_by_id", "proposed_at"], origin)
    procedure.exemption = exemption
    write_touched(procedure, origin)


def _move_exemption(
    procedure: Procedure, exemption: Exemption, state: Exemption.State, origin: Origin
) -> None:
    exemption.state = state
    save(exemption, ["state", "confirmed_by_id", "confirmed_at"], origin)
    procedure.exemption = exemption
    write_touched(procedure, origin)
