"""The writer of legal bases (根拠法令): the whole list of one procedure at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from procedures import permissions
from procedures.editing import Conflict, Disagreement, rows_as_of
from procedures.merging import merge
from procedures.models import LegalBasis, Procedure, Source, User
from procedures.records import Origin, delete, insert, save

from .procedures import lock_procedure, write_touched

NO_PRIMARY = "主たる根拠を一つ選んでください。"
_LIST = "legal_bases"


@dataclass(frozen=True, slots=True)
class BasisDraft:
    """One legal basis as somebody wants it; ``pk`` names the stored row that it is about."""

    level: str
    name: str = ""
    article: str = ""
    law_kind: str = ""
    law_number: str = ""
    is_primary: bool = False
    pk: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the row."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = ("level", "law_kind", "name", "law_number", "article", "is_primary")


def drafts_of(rows: Iterable[Any]) -> tuple[BasisDraft, ...]:
    """Stored or historical legal bases as drafts, the primary one first."""
    ordered = sorted(rows, key=lambda row: (not row.is_primary, row.id))
    return tuple(
        BasisDraft(pk=row.id, **{name: getattr(row, name) for name in _FIELDS}) for row in ordered
    )


@transaction.atomic
def replace_legal_bases(
    *, procedure_id: int, bases: Sequence[BasisDraft], version: int, by: User
) -> Procedure:
    """Makes ``bases`` the legal bases of one procedure and classifies it anew.

    Stored rows that no draft names are removed, drafts that name none of them are added.
    ``version`` is the procedure's that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` (of
    the whole list) or ``ValidationError``; then nothing is written. Equal lists write nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    stored = {basis.pk: basis for basis in procedure.legal_bases.all()}
    if not _differs(procedure, stored, bases, version):
        return procedure
    if bases and sum(basis.is_primary for basis in bases) != 1:
        raise ValidationError(NO_PRIMARY)
    _write(procedure, stored, bases, Origin(by, Source.FORM))
    return procedure


def _differs(
    procedure: Procedure,
    stored: Mapping[int, LegalBasis],
    bases: Sequence[BasisDraft],
    version: int,
) -> bool:
    """Whether there is something to write. Raises ``Conflict`` where both sides changed it."""
    now, mine = drafts_of(stored.values()), _in_order(bases)
    seen = _seen(procedure, now, version)
    merged = merge({_LIST: seen}, {_LIST: mine}, {_LIST: now})
    if merged.conflicts:
        rows = LegalBasis.history.filter(procedure_id=procedure.pk)
        newest = rows.order_by("history_id").last()
        who = (newest.by_name, newest.history_date) if newest else ("", None)
        raise Conflict((Disagreement(LegalBasis, _LIST, mine, now, *who),))
    return bool(merged.changes)


def _seen(
    procedure: Procedure, now: tuple[BasisDraft, ...], version: int
) -> tuple[BasisDraft, ...] | None:
    if procedure.version == version:
        return now
    rows = rows_as_of(procedure, version, LegalBasis)
    return None if rows is None else drafts_of(rows)


def _in_order(bases: Sequence[BasisDraft]) -> tuple[BasisDraft, ...]:
    """As ``drafts_of`` orders them; those that are not stored yet stay last, as they came."""
    return tuple(
        sorted(bases, key=lambda basis: (not basis.is_primary, basis.pk is None, basis.pk or 0))
    )


def _write(
    procedure: Procedure,
    stored: Mapping[int, LegalBasis],
    bases: Sequence[BasisDraft],
    origin: Origin,
) -> None:
    named = {basis.pk for basis in bases}
    delete([basis for pk, basis in stored.items() if pk not in named], origin)
    # The primary one last: at no moment may there be two of them.
    for draft in sorted(bases, key=lambda basis: basis.is_primary):
        basis = stored.get(draft.pk) or LegalBasis(procedure=procedure)
        changed = [name for name, value in draft.values.items() if getattr(basis, name) != value]
        for name, value in draft.values.items():
            setattr(basis, name, value)
        basis.clean_fields()
        if basis._state.adding:
            insert([basis], origin)
        elif changed:
            save(basis, changed, origin)
    write_touched(procedure, origin)
