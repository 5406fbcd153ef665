"""The only writer of editions (版): one is frozen, and never written again."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from procedures import audit
from procedures.models import AuditEvent, User
from procedures.permissions import check_can_see_dashboard
from procedures.templatetags.inventory import with_era
from tracking.edition_draft import draft, previous_edition
from tracking.editions import UnreadableEdition, digest_of
from tracking.models import Edition
from tracking.past import check_day

UNREADABLE = (
    "一つ前の版「{edition}」の内容が読み取れないため、動きを数えられません。システムの管理者に"
    "連絡してください。"
)
FROZEN = "版「{edition}」を確定しました（要約値 {digest}）。"
FROZEN_ALREADY = (
    "名称「{title}」、基準日{day}の版は、すでに確定しています。版の一覧で確かめてください。"
    "別の版にする場合は、名称を変えてください。"
)


def freeze(*, title: str, reference_date: date, decisions: str = "", by: User) -> Edition:
    """Freezes the figures of ``reference_date``, and what moved since the edition before it.

    Raises ``PermissionDenied`` unless ``by`` manages the overall progress, or ``ValidationError``
    by field (also where an edition of that title and day stands already); then nothing is written.
    """
    check_can_see_dashboard(by)
    try:
        check_day(reference_date)
    except ValidationError as error:
        raise ValidationError({"reference_date": error}) from None
    if Edition.objects.filter(title=title, reference_date=reference_date).exists():
        raise _frozen_already(title, reference_date)
    since = previous_edition(reference_date)
    try:
        drafted = draft(
            on=reference_date, title=title, decisions=decisions, frozen_by=str(by), since=since
        )
    except UnreadableEdition:
        raise ValidationError(UNREADABLE.format(edition=since)) from None
    content, rows = drafted.content.as_json(), [row.as_json() for row in drafted.rows]
    edition = Edition(
        title=title,
        reference_date=reference_date,
        content=content,
        rows=rows,
        digest=digest_of(content, rows),
        frozen_by=by,
        frozen_at=timezone.now(),
    )
    edition.clean_fields(exclude={"content", "rows", "frozen_by"})
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
            what = FROZEN.format(edition=edition, digest=edition.digest)
            audit.note(AuditEvent.Kind.EDITION, what, by=by, count=len(rows))
    except IntegrityError:  # the button was pressed twice at the same moment
        raise _frozen_already(title, reference_date) from None
    return edition


def _frozen_already(title: str, day: date) -> ValidationError:
    return ValidationError({"title": FROZEN_ALREADY.format(title=title, day=with_era(day))})
