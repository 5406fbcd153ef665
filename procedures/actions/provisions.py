"""The writers of the provisions (適用除外の条項) that the city's exemptions rest on (clause 6)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from procedures import permissions
from procedures.editing import merged_changes
from procedures.models import ExemptionProvision, Source, User
from procedures.records import UNSAVED, Origin, delete, insert, save

EDITABLE_FIELDS = ("ground", "article", "text", "valid_from", "valid_to", "note")
GROUND_IS_USED = (
    "この条項を使う適用除外が{count}件あるため、根拠は変えられません。"
    "別の根拠の条項は、新しく登録してください。"
)
STILL_USED = (
    "この条項を使う適用除外が{count}件あるため、削除できません。"
    "使わなくなった条項には、失効日を入力してください。"
)
CHANGED_MEANWHILE = (
    "この条項は、画面を開いた後にほかの人が変えました。"
    "今の内容を確かめて、もう一度操作してください。"
)
GONE_MEANWHILE = "この条項は、ほかの人が先に削除しました。"


@transaction.atomic
def create_provision(*, values: Mapping[str, Any], by: User) -> ExemptionProvision:
    """Writes down a provision from ``values`` (attribute → value).

    The same one sent twice is written once and given again. Raises ``PermissionDenied``, or
    ``ValidationError`` by field; then nothing is written.
    """
    permissions.check_can_keep_registers(by)
    provision = ExemptionProvision(version=UNSAVED)
    _set(provision, values)
    again = ExemptionProvision.objects.filter(**values).first()
    if again is not None:
        return again
    insert([provision], Origin(by, Source.FORM))
    return provision


@transaction.atomic
def update_provision(
    *, provision_id: int, sent: Mapping[str, Any], version: int, by: User
) -> ExemptionProvision:
    """Writes the fields ``sent`` (attribute → value) of one provision.

    ``version`` is the one that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` or
    ``ValidationError`` (by field); then nothing is written. Equal values write nothing.
    """
    permissions.check_can_keep_registers(by)
    provision = _locked(provision_id)
    changes = merged_changes(provision, sent, version)
    if not changes:
        return provision
    used_count = provision.exemptions.count() if "ground" in changes else 0
    if used_count:
        raise ValidationError({"ground": GROUND_IS_USED.format(count=used_count)})
    _set(provision, changes)
    save(provision, changes, Origin(by, Source.FORM))
    return provision


@transaction.atomic
def delete_provision(*, provision_id: int, version: int, by: User) -> None:
    """Takes away a provision that no exemption rests on; its history stays.

    Raises ``PermissionDenied``, or ``ValidationError`` where it is used or not as ``by`` saw it.
    """
    permissions.check_can_keep_registers(by)
    provision = _locked(provision_id)
    if provision.version != version:
        raise ValidationError(CHANGED_MEANWHILE)
    used_count = provision.exemptions.count()
    if used_count:
        raise ValidationError(STILL_USED.format(count=used_count))
    delete([provision], Origin(by, Source.FORM))


def _locked(provision_id: int) -> ExemptionProvision:
    provision = ExemptionProvision.objects.select_for_update().filter(pk=provision_id).first()
    if provision is None:
        raise ValidationError(GONE_MEANWHILE)
    return provision


def _set(provision: ExemptionProvision, changes: Mapping[str, Any]) -> None:
    unknown = set(changes) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(provision, name, value)
    provision.clean_fields(exclude={"changed_at"})
    provision.validate_constraints()
