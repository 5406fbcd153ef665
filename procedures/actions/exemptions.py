"""The writers of exemptions (適用除外, clause 6): proposed by a team, decided by the division."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from procedures import evidence as evidence_files
from procedures import permissions
from procedures.models import Exemption, ExemptionProvision, Procedure, Source, User
from procedures.models.exemption import CITY_GROUNDS, ProvisionQuerySet, suggested_review
from procedures.records import Origin, insert, save
from procedures.rules import ExemptionGround
from procedures.templatetags.inventory import with_era

from .procedures import lock_procedure, write_touched

State = Exemption.State

NO_EXEMPTION = "この手続には適用除外の申出がありません。"
NOT_PROPOSED = "この適用除外は確認待ちではありません。画面を読み込み直してください。"
NOT_CONFIRMED = "この適用除外は確認済ではありません。画面を読み込み直してください。"
WITHDRAWN_ALREADY = "この適用除外は、すでに取り下げられています。画面を読み込み直してください。"
CHANGED_MEANWHILE = (
    "適用除外の内容が、画面を開いた後に変わりました。今の内容を確かめて、もう一度操作してください。"
)
CONFIRMED_ALREADY = "確認済の適用除外があります。変えるには、先に情報政策課が取り下げてください。"
NO_PROVISION = (
    "「{ground}」の条項のうち、今日有効なものを選んでください。"
    "当てはまる条項がないときは、情報政策課に伝えてください。"
)
NO_ARTICLE = "適用除外を定める条項を入力してください（例：第3条第2項）。"
NO_LAW = "適用除外を定めている法令の名称を入力してください。"
NO_QUESTION = "質問を入力してください。部局室のDX推進チームに伝わります。"
PROVISION_ENDED = (
    "この適用除外の条項「{provision}」は、{day}に失効しました。今日有効な条項を選んでください。"
)
REVIEW_NOT_AHEAD = "見直しの期日は、明日から{last}までの日にしてください。"
_LONGEST_REVIEW = 10  # years; a decision that nobody looks at again for longer is none


def last_review(on: date) -> date:
    """The latest day that somebody may choose for it."""
    return date(on.year + _LONGEST_REVIEW, 3, 31)


@transaction.atomic
def propose_exemption(
    *,
    procedure_id: int,
    ground: ExemptionGround,
    reason: str,
    by: User,
    provision_id: int | None = None,
    article: str = "",
    law_name: str = "",
    national_id: str = "",
    text: str = "",
    evidence: File | None = None,
    seen: str | None = None,
) -> Exemption:
    """Records a proposal (clause 6); it exempts nothing until the division confirms it.

    A provision is asked for where the register has one for the ground, else an article; a
    national exemption has law and article. What belongs to another ground is left away, an
    earlier ``evidence`` stays where none is given. ``seen`` is the ``Exemption.stamp`` that
    ``by`` saw, empty for none. A question of the division is answered by it.
    Raises ``PermissionDenied`` or ``ValidationError``. The same proposal again writes nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    exemption = Exemption.objects.filter(procedure=procedure).first()
    if exemption and exemption.state == State.CONFIRMED:
        raise ValidationError(CONFIRMED_ALREADY)
    proposal = {
        "ground": ground.value,
        **_cited(ground, provision_id, article, law_name, national_id),
        "text": text,
        "reason": reason,
        "question": "",
        "state": State.PROPOSED.value,
    }
    if evidence is not None:
        proposal["evidence"], proposal["evidence_name"] = _kept(evidence)
    if exemption and all(getattr(exemption, name) == value for name, value in proposal.items()):
        return exemption
    if seen is not None and seen != (exemption.stamp if exemption else ""):
        raise ValidationError(CHANGED_MEANWHILE, code="stale")
    exemption = exemption or Exemption(procedure=procedure)
    _write_proposal(procedure, exemption, proposal, Origin(by, Source.FORM))
    return exemption


@transaction.atomic
def confirm_exemption(
    *, procedure_id: int, by: User, review_on: date | None = None, seen: str | None = None
) -> Procedure:
    """Decides a proposed exemption; it counts from now on where its ground fits the basis.

    ``review_on`` is when it is looked at again (None: as ``suggested_review``), ``seen`` the
    ``Exemption.stamp`` of what ``by`` saw. Raises ``PermissionDenied``, or ``ValidationError``
    where nothing waits or another proposal does.
    """
    permissions.check_can_confirm_exemption(by)
    procedure, exemption = _locked_exemption(procedure_id, seen, NOT_PROPOSED, State.PROPOSED)
    origin = Origin(by, Source.FORM)
    _confirm(exemption, review_on, origin)
    _move_exemption(procedure, exemption, State.CONFIRMED, origin)
    return procedure


@transaction.atomic
def renew_exemption(
    *,
    procedure_id: int,
    by: User,
    review_on: date | None = None,
    provision_id: int | None = None,
    seen: str | None = None,
) -> Procedure:
    """引き続き適用除外とする: confirms a decided exemption anew, until another review.

    ``provision_id`` is the provision it rests on from now on, needed where its own has ended.
    Raises as ``confirm_exemption``.
    """
    permissions.check_can_confirm_exemption(by)
    procedure, exemption = _locked_exemption(procedure_id, seen, NOT_CONFIRMED, State.CONFIRMED)
    origin = Origin(by, Source.FORM)
    if provision_id is not None and provision_id != exemption.provision_id:
        provision = _valid_provision(ExemptionGround(exemption.ground), provision_id)
        exemption.provision, exemption.article = provision, provision.article
        exemption.text = provision.text
    _confirm(exemption, review_on, origin)
    _move_exemption(procedure, exemption, State.CONFIRMED, origin)
    return procedure


@transaction.atomic
def return_proposal(
    *, procedure_id: int, question: str, by: User, seen: str | None = None
) -> Procedure:
    """差戻し: asks those who proposed; they answer by proposing again.

    Raises as ``confirm_exemption``.
    """
    permissions.check_can_confirm_exemption(by)
    procedure, exemption = _locked_exemption(procedure_id, seen, NOT_PROPOSED, State.PROPOSED)
    if not question:
        raise ValidationError({"question": NO_QUESTION})
    exemption.question = question
    _move_exemption(procedure, exemption, State.RETURNED, Origin(by, Source.FORM))
    return procedure


@transaction.atomic
def withdraw_exemption(*, procedure_id: int, by: User, seen: str | None = None) -> Procedure:
    """Takes a proposal or a decided exemption back; the procedure is classified anew.

    Raises as ``confirm_exemption``.
    """
    permissions.check_can_confirm_exemption(by)
    there = (State.PROPOSED, State.RETURNED, State.CONFIRMED)
    procedure, exemption = _locked_exemption(procedure_id, seen, WITHDRAWN_ALREADY, *there)
    exemption.confirmed_by = exemption.confirmed_at = exemption.review_on = None
    exemption.question = ""
    _move_exemption(procedure, exemption, State.WITHDRAWN, Origin(by, Source.FORM))
    return procedure


def provisions_for(ground: ExemptionGround, on: date) -> ProvisionQuerySet:
    """The provisions of ``ground`` that are in force ``on`` that day."""
    return ExemptionProvision.objects.valid(on).filter(ground=ground.value)


def _locked_exemption(
    procedure_id: int, seen: str | None, otherwise: str, *states: State
) -> tuple[Procedure, Exemption]:
    """The procedure and its exemption in one of ``states``, as somebody has ``seen`` it."""
    procedure = lock_procedure(procedure_id)
    exemptions = Exemption.objects.filter(procedure=procedure).select_related("provision")
    exemption = exemptions.first()
    if exemption is None:
        raise ValidationError(NO_EXEMPTION)
    if exemption.state not in states:
        raise ValidationError(otherwise)
    if seen is not None and seen != exemption.stamp:
        raise ValidationError(CHANGED_MEANWHILE)
    return procedure, exemption


def _cited(
    ground: ExemptionGround,
    provision_id: int | None,
    article: str,
    law_name: str,
    national_id: str,
) -> dict[str, Any]:
    """What the ground is in: the city's provision, or law, article and id of a national one."""
    if ground.value not in CITY_GROUNDS:
        if ground is ExemptionGround.NATIONAL_LIST:
            _check_national(article, law_name)
        own = {"law_name": law_name, "national_id": national_id}
        return {"provision_id": None, "article": article, **own}
    nothing_national = {"law_name": "", "national_id": ""}
    if provisions_for(ground, timezone.localdate()).exists():
        provision = _valid_provision(ground, provision_id)
        cited = article or provision.article
        return {"provision_id": provision.pk, "article": cited, **nothing_national}
    if not article:
        raise ValidationError({"article": NO_ARTICLE})
    return {"provision_id": None, "article": article, **nothing_national}


def _check_national(article: str, law_name: str) -> None:
    missing = {}
    if not law_name:
        missing["law_name"] = NO_LAW
    if not article:
        missing["law_article"] = NO_ARTICLE
    if missing:
        raise ValidationError(missing)


def _valid_provision(ground: ExemptionGround, provision_id: int | None) -> ExemptionProvision:
    provisions = provisions_for(ground, timezone.localdate())
    # Locked, so that nobody deletes it before it is referred to.
    found = provisions.select_for_update().filter(pk=provision_id).first()
    if found is None:
        label = dict(ExemptionProvision._meta.get_field("ground").flatchoices)[ground.value]
        raise ValidationError({"provision": NO_PROVISION.format(ground=label)})
    return found


def _kept(evidence: File) -> tuple[str, str]:
    try:
        return evidence_files.keep(evidence)
    except ValidationError as error:
        raise ValidationError({"evidence": error.messages}) from None


def _confirm(exemption: Exemption, review_on: date | None, origin: Origin) -> None:
    today = timezone.localdate()
    provision = exemption.provision
    if provision is not None and provision.has_ended(today):
        day = with_era(provision.valid_to)
        sentence = PROVISION_ENDED.format(provision=provision, day=day)
        raise ValidationError({"provision": sentence})
    review_on = review_on or suggested_review(today)
    if not today < review_on <= last_review(today):
        sentence = REVIEW_NOT_AHEAD.format(last=with_era(last_review(today)))
        raise ValidationError({"review_on": sentence})
    exemption.confirmed_by, exemption.confirmed_at = origin.by, origin.at
    exemption.review_on = review_on


def _write_proposal(
    procedure: Procedure, exemption: Exemption, proposal: Mapping[str, Any], origin: Origin
) -> None:
    for name, value in proposal.items():
        setattr(exemption, name, value)
    exemption.proposed_by, exemption.proposed_at = origin.by, origin.at
    exemption.clean_fields(exclude={"provision"})
    if exemption._state.adding:
        insert([exemption], origin)
    else:
        save(exemption, [*proposal, "proposed_by_id", "proposed_at"], origin)
    procedure.exemption = exemption
    write_touched(procedure, origin)


_DECISION = (
    "state", "question", "provision_id", "article", "text", "review_on",
    "confirmed_by_id", "confirmed_at",
)  # fmt: skip


def _move_exemption(
    procedure: Procedure, exemption: Exemption, state: State, origin: Origin
) -> None:
    exemption.state = state
    save(exemption, _DECISION, origin)
    procedure.exemption = exemption
    write_touched(procedure, origin)
