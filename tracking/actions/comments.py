"""やりとり: who may write in the talk on a procedure, its only writers, and what waits for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from procedures.actions import lock_procedure, return_proposal, withdraw_exemption
from procedures.models import Procedure, Source, TeamMembership, User
from procedures.models.organisation import DIVISION_ROLES, TEAM_ROLES
from procedures.permissions import rights_of
from procedures.records import Origin, insert, save
from tracking.models import Comment

NOT_YOUR_TALK = (
    "この手続は「{department}」の手続です。やりとりに書き込めるのは、その部局室のDX推進チームと"
    "情報政策課です。"
)
TALK_OF_UNASSIGNED = "この手続は所管未定です。やりとりに書き込めるのは情報政策課です。"
NOT_YOURS_TO_CLOSE = "このやりとりを済にできるのは、あて先の人、書いた人と情報政策課です。"
NO_TEAM_YET = (
    "この手続は所管未定のため、部局室のDX推進チームにあてて書き込めません。"
    "別のあて先を選ぶか、先に所管を決めてください。"
)
NOT_IN_THIS_TALK = (
    "名指しできるのは、担当の部局室のDX推進チームと情報政策課の人です。選び直してください。"
)
NOTHING_WAITS = "このやりとりは、回答を待つものではありません。"
CLOSED_ALREADY = "このやりとりは、すでに{by}さんが済にしています。"
NOT_CLOSED = "このやりとりは、済になっていません。"
RETURNED = "適用除外の申出を差し戻しました。\n質問：{question}"
WITHDRAWN = "適用除外を取り下げました。\n理由：{reason}"


@dataclass(frozen=True, slots=True)
class Message:
    """One comment as a person sees it, with what they may do to it."""

    comment: Comment
    may_close: bool
    may_reopen: bool


def check_can_comment(user: User, procedure: Procedure) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may write in the talk on ``procedure``.

    Its team, the division and administrators may; whoever has signed in may read it.
    """
    if can_comment(user, procedure):
        return
    if procedure.department_id is None:
        raise PermissionDenied(TALK_OF_UNASSIGNED)
    raise PermissionDenied(NOT_YOUR_TALK.format(department=procedure.department))


def can_comment(user: User, procedure: Procedure) -> bool:
    """As ``check_can_comment``."""
    return rights_of(user).covers(procedure.department_id)


def check_can_close(user: User, comment: Comment) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may say that ``comment`` is 済, or no more."""
    if not can_close(user, comment):
        raise PermissionDenied(NOT_YOURS_TO_CLOSE)


def can_close(user: User, comment: Comment) -> bool:
    """The side and the person it is meant for, its author, the division and administrators may."""
    rights = rights_of(user)
    is_meant_for_their_team = (
        comment.addressee == Comment.Addressee.TEAM
        and comment.procedure.department_id in rights.department_ids
    )
    is_theirs = user.pk in (comment.written_by_id, comment.mentioned_id)
    return rights.is_office_wide or is_meant_for_their_team or is_theirs


def usual_addressee(user: User, procedure: Procedure) -> Comment.Addressee:
    """Whom ``user`` most likely writes to: the team to the division, everybody else to the team."""
    is_own = procedure.department_id in rights_of(user).department_ids
    if is_own or procedure.department_id is None:
        return Comment.Addressee.DIVISION
    return Comment.Addressee.TEAM


def people_of(procedure: Procedure) -> QuerySet[TeamMembership]:
    """Who can be mentioned in the talk: its team and the division, those whose account is active.

    As memberships with their ``user``, the team first.
    """
    in_team = Q(role__in=TEAM_ROLES, department__isnull=False, department=procedure.department_id)
    return (
        TeamMembership.objects.filter(in_team | Q(role__in=DIVISION_ROLES), user__is_active=True)
        .select_related("user")
        .order_by(
            F("department").asc(nulls_last=True), "user__display_name", "user__username", "pk"
        )
    )


@transaction.atomic
def add_comment(
    *,
    procedure_id: int,
    text: str,
    addressee: str,
    by: User,
    mentioned_id: int | None = None,
    seen: int | None = None,
) -> Comment:
    """Writes one comment; the procedure itself stays as it is.

    ``addressee`` is a ``Comment.Addressee``, empty for information only. ``seen`` is the key of
    the newest comment that the form showed (0: none): the same form sent twice writes once and
    gives the comment again. Raises ``PermissionDenied`` or ``ValidationError`` by field.
    """
    procedure = lock_procedure(procedure_id)
    check_can_comment(by, procedure)
    if seen is not None:
        again = procedure.comments.filter(pk__gt=seen, written_by=by, text=text)
        if (written := again.first()) is not None:
            return written
    comment = Comment(
        procedure=procedure, text=text, addressee=addressee, mentioned_id=mentioned_id
    )
    _check_audience(comment)
    _insert(comment, Origin(by, Source.FORM))
    return comment


@transaction.atomic
def close_comment(*, comment_id: int, by: User) -> Comment:
    """済: what a waiting comment asked for is done.

    Raises ``PermissionDenied``, or ``ValidationError`` where it does not wait (any more).
    """
    comment = _locked(comment_id)
    check_can_close(by, comment)
    if comment.done_at is not None:
        raise ValidationError(CLOSED_ALREADY.format(by=comment.done_by))
    if not comment.is_waiting:
        raise ValidationError(NOTHING_WAITS)
    origin = Origin(by, Source.FORM)
    _write_done(comment, by, origin.at, origin)
    return comment


@transaction.atomic
def reopen_comment(*, comment_id: int, by: User) -> Comment:
    """Takes 済 back; the comment waits again. Raises as ``close_comment``."""
    comment = _locked(comment_id)
    check_can_close(by, comment)
    if comment.done_at is None:
        raise ValidationError(NOT_CLOSED)
    _write_done(comment, None, None, Origin(by, Source.FORM))
    return comment


@transaction.atomic
def return_exemption(
    *, procedure_id: int, by: User, question: str, seen: str | None = None
) -> Procedure:
    """Sends a proposed exemption back to who made it, with a question (差戻し, clause 6).

    The question stands on the proposal and in the talk. Raises as
    ``procedures.actions.return_proposal``; then nothing is written.
    """
    procedure = return_proposal(procedure_id=procedure_id, question=question, by=by, seen=seen)
    _tell_proposer(procedure, RETURNED.format(question=question), by, is_return=True)
    return procedure


@transaction.atomic
def take_exemption_back(
    *, procedure_id: int, by: User, reason: str, seen: str | None = None
) -> Procedure:
    """Withdraws an exemption and tells the team why, in one act (取下げ, clause 6).

    Raises as ``procedures.actions.withdraw_exemption``; then nothing is written.
    """
    procedure = withdraw_exemption(procedure_id=procedure_id, by=by, seen=seen)
    _tell_proposer(procedure, WITHDRAWN.format(reason=reason), by, is_return=False)
    return procedure


def write_to_team(
    procedure: Procedure,
    text: str,
    *,
    mentioned_id: int,
    origin: Origin,
    is_return: bool = False,
) -> Comment:
    """Writes to the team of a procedure that is locked, for a writer whose outcome it must know.

    Who is mentioned is left out where they are no more in that team. Nobody is there yet to wait
    for a procedure of 所管未定; who gets it can read it.
    """
    comment = Comment(
        procedure=procedure,
        text=text,
        addressee=Comment.Addressee.TEAM if procedure.department_id else "",
        mentioned_id=_in_team(procedure, mentioned_id),
        is_return=is_return,
    )
    _insert(comment, origin)
    return comment


def said_to(user: User) -> QuerySet[Comment]:
    """What waits for ``user``: said to a team of theirs, to the division or to them by name."""
    rights = rights_of(user)
    mine = Q(mentioned=user)
    mine |= Q(addressee=Comment.Addressee.TEAM, procedure__department__in=rights.department_ids)
    if rights.is_division:
        mine |= Q(addressee=Comment.Addressee.DIVISION)
    return _with_people(Comment.objects.waiting().filter(mine)).order_by("written_at", "pk")


def around(user: User) -> QuerySet[Comment]:
    """All that has been said where ``user`` works or by name to them, the newest first."""
    rights = rights_of(user)
    comments = Comment.objects.all()
    if not rights.is_office_wide:
        own = Q(procedure__department__in=rights.department_ids)
        comments = comments.filter(own | Q(mentioned=user) | Q(written_by=user))
    return _with_people(comments).order_by("-written_at", "-pk")


def thread(procedure: Procedure, user: User) -> list[Message]:
    """The talk on ``procedure``, the oldest first, as ``user`` sees it; one query."""
    return messages_for(_with_people(procedure.comments.all()), user)


def messages_for(comments: Iterable[Comment], user: User) -> list[Message]:
    """``comments`` with what ``user`` may do to each, without a query."""
    return [_message(comment, may=can_close(user, comment)) for comment in comments]


def _message(comment: Comment, *, may: bool) -> Message:
    return Message(
        comment,
        may_close=may and comment.is_waiting,
        may_reopen=may and comment.done_at is not None,
    )


def _with_people(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    return comments.select_related("procedure__department", "written_by", "mentioned", "done_by")


def _check_audience(comment: Comment) -> None:
    if comment.addressee == Comment.Addressee.TEAM and comment.procedure.department_id is None:
        raise ValidationError({"addressee": NO_TEAM_YET})
    if comment.mentioned_id is not None:
        people = people_of(comment.procedure).filter(user=comment.mentioned_id)
        if not people.exists():
            raise ValidationError({"mentioned": NOT_IN_THIS_TALK})


def _insert(comment: Comment, origin: Origin) -> None:
    comment.written_by, comment.written_at = origin.by, origin.at
    comment.clean_fields(exclude={"procedure", "mentioned", "written_by"})
    insert([comment], origin)


def _locked(comment_id: int) -> Comment:
    """The comment as it is while its procedure is locked."""
    comments = Comment.objects.filter(pk=comment_id)
    procedure = lock_procedure(comments.values_list("procedure", flat=True).get())
    comment = comments.select_related("done_by").get()
    comment.procedure = procedure
    return comment


def _write_done(
    comment: Comment, done_by: User | None, done_at: datetime | None, origin: Origin
) -> None:
    comment.done_by, comment.done_at = done_by, done_at
    save(comment, ["done_by_id", "done_at"], origin)


def _tell_proposer(procedure: Procedure, text: str, by: User, *, is_return: bool) -> None:
    write_to_team(
        procedure,
        text,
        mentioned_id=procedure.exemption.proposed_by_id,
        origin=Origin(by, Source.FORM),
        is_return=is_return,
    )


def _in_team(procedure: Procedure, person_id: int) -> int | None:
    """``person_id`` where that person is in the team of ``procedure``, else None."""
    in_team = people_of(procedure).filter(user=person_id, role__in=TEAM_ROLES)
    return person_id if in_team.exists() else None
