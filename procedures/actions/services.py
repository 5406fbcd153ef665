"""The writer of the catalogue of services (clause 4); their history is their version."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from procedures.editing import Conflict, disagreements
from procedures.merging import merge
from procedures.models import ApplicationService, Source, User
from procedures.permissions import check_can_keep_registers
from procedures.records import Origin, insert, save

FIELDS = (
    "code", "name", "kind", "owner", "available_from", "available_until", "url", "note",
)  # fmt: skip
TAKEN = "同じ{label}のサービスが、すでに登録されています。別の{label}にしてください。"
NEVER_WRITTEN = 0
"""What ``service_state`` gives for a service that no history row is about."""


def service_state(service: ApplicationService) -> int:
    """The key of the newest history row of ``service``: what a form that shows it carries."""
    keys = service.history.order_by("-history_id").values_list("history_id", flat=True)
    return keys.first() or NEVER_WRITTEN


@transaction.atomic
def add_service(*, values: Mapping[str, Any], by: User) -> ApplicationService:
    """Adds a service to the catalogue; ``values`` are those of ``FIELDS``.

    Raises ``PermissionDenied`` or ``ValidationError`` (by field); then nothing is written.
    """
    check_can_keep_registers(by)
    service = ApplicationService(**values)
    _validate(service)
    try:
        with transaction.atomic():
            insert([service], Origin(by, Source.FORM))
    except IntegrityError:  # somebody added it at the same moment
        _validate(service)
        raise
    return service


@transaction.atomic
def change_service(
    *, service_id: int, sent: Mapping[str, Any], seen: int, by: User
) -> ApplicationService:
    """Writes the fields ``sent`` of one service; ``seen`` is the ``service_state`` that ``by`` saw.

    Raises ``PermissionDenied``, ``Conflict`` or ``ValidationError`` (by field); then nothing is
    written. Equal values write nothing.
    """
    check_can_keep_registers(by)
    service = ApplicationService.objects.select_for_update().get(pk=service_id)
    changes = _merged(service, sent, seen)
    if changes:
        for name, value in changes.items():
            setattr(service, name, value)
        _validate(service)
        save(service, changes, Origin(by, Source.FORM))
    return service


def _merged(service: ApplicationService, sent: Mapping[str, Any], seen: int) -> dict[str, Any]:
    theirs = {name: getattr(service, name) for name in sent}
    base: Mapping[str, Any] = theirs
    if service_state(service) != seen:
        entry = service.history.filter(history_id=seen).first()
        # What it was before its first history row nobody knows: each differing field is asked.
        base = {name: getattr(entry, name, _NEVER) for name in sent}
    merged = merge(base, sent, theirs)
    if merged.conflicts:
        mine = {conflict.field: conflict.mine for conflict in merged.conflicts}
        raise Conflict(disagreements(service, mine), merged.changes)
    return merged.changes


def _validate(service: ApplicationService) -> None:
    service.clean_fields()
    others = ApplicationService.objects.exclude(pk=service.pk)
    errors = {
        name: TAKEN.format(label=label)
        for name, label in (("code", "コード"), ("name", "名称"))
        if others.filter(**{name: getattr(service, name)}).exists()
    }
    if errors:
        raise ValidationError(errors)
    service.validate_constraints()


_NEVER = object()
