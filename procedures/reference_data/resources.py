"""The columns of each kind of reference data, and what is particular to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from import_export.results import Result
from tablib import Dataset

from procedures.models import (
    ApplicationService,
    Department,
    DirectoryGroup,
    Division,
    NationalListEdition,
    NationalPriorityProcedure,
    Role,
    TeamMembership,
    User,
)
from procedures.spreadsheet.keys import name_key

from .files import Line, Table
from .importing import ReferenceResource

NO_ADMINISTRATOR_LEFT = (
    "この内容を取り込むと、有効な管理者が1人もいなくなります。"
    "少なくとも1人の管理者の「有効」を「はい」のままにしてください。"
)


class UnitResource(ReferenceResource):
    """Units of the office; a unit may succeed to one that is new in the same file."""

    def in_order(self, table: Table) -> Sequence[Line]:
        """A unit before those that point at it; what is stored gives its name free first."""
        cells = {
            line: dict(zip(table.headings, map(name_key, line.texts), strict=True))
            for line in table.lines
        }
        code, name, successor = (
            self.fields[field].column_name for field in ("code", "name", "successor")
        )
        stored = set(map(name_key, self._meta.model.objects.values_list("code", flat=True)))
        new = {line for line in table.lines if cells[line][code] not in stored}
        words = {cells[line][heading] for line in new for heading in (code, name)}

        def turn(line: Line) -> int:
            points_at_new = cells[line].get(successor, "") in words - {""}
            return (2 if points_at_new else 1) if line in new else (3 if points_at_new else 0)

        return sorted(table.lines, key=turn)

    def after_save_instance(self, instance: Any, row: Mapping[str, str], **kwargs: Any) -> None:
        """Lets the rows that follow name this one."""
        self.fields["successor"].widget.directory.add(instance)


class DepartmentResource(UnitResource):
    class Meta:
        model = Department
        import_id_fields = ("code",)
        fields = (
            "code", "name", "order", "valid_from", "valid_to", "successor", "confidence", "source",
        )  # fmt: skip


class DivisionResource(UnitResource):
    class Meta:
        model = Division
        import_id_fields = ("code",)
        fields = (
            "code", "name", "department", "order", "valid_from", "valid_to", "successor",
            "confidence", "source",
        )  # fmt: skip


class PersonResource(ReferenceResource):
    """People; passwords stay where they are, and a new person has none yet."""

    headings = {
        "username": "ユーザー名",
        "email": "メールアドレス",
        "is_active": "有効",
    }
    advice = (
        "パスワードは書き出しも取り込みもしません。"
        "新しい利用者は、利用者の画面でパスワードを設定するとログインできます。",
    )

    class Meta:
        model = User
        import_id_fields = ("username",)
        fields = ("username", "display_name", "email", "is_active")

    def init_instance(self, row: Mapping[str, str] | None = None) -> User:
        """A person who cannot sign in before an administrator gives a password."""
        person = super().init_instance(row)
        person.set_unusable_password()
        return person

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Remembers who administers now; two imports at once wait for each other here."""
        administers = TeamMembership.objects.filter(user=OuterRef("pk"), role=Role.ADMINISTRATOR)
        people = User.objects.filter(Q(is_superuser=True) | Exists(administers), is_active=True)
        self._administrators = [person.pk for person in people.select_for_update().order_by("pk")]

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        """Refuses what would leave nobody of those who administer now."""
        left = User.objects.filter(pk__in=self._administrators, is_active=True)
        if not left.exists():
            raise ValidationError(NO_ADMINISTRATOR_LEFT)


class MembershipResource(ReferenceResource):
    """Roles; a person has one in each department, or several for the whole office."""

    headings = {"user": "ユーザー名"}
    advice = (
        "情報政策課と管理者の役割では、部局室を空欄にします。",
        "役割を外すときは、この画面の一覧か利用者の画面で削除します。",
    )

    class Meta:
        model = TeamMembership
        import_id_fields = ("user", "department", "role")
        fields = ("user", "department", "role")

    def identity(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The person and the department, or the person and the role for the whole office."""
        return values["user"], values["department"] or values["role"]


class DirectoryGroupResource(ReferenceResource):
    """Groups of the office's login; a group may give a role in several departments."""

    advice = (
        "情報政策課と管理者の役割では、部局室を空欄にします。",
        "変わった役割は、その人が次にログインしたときから効きます。",
    )

    class Meta:
        model = DirectoryGroup
        import_id_fields = ("name", "department", "role")
        fields = ("name", "department", "role")

    def identity(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The group and the department, or the group and the role for the whole office."""
        return values["name"], values["department"] or values["role"]


class ServiceResource(ReferenceResource):
    class Meta:
        model = ApplicationService
        import_id_fields = ("code",)
        fields = (
            "code", "name", "kind", "owner", "available_from", "available_until", "url", "note",
        )  # fmt: skip


class EditionResource(ReferenceResource):
    class Meta:
        model = NationalListEdition
        import_id_fields = ("key",)
        fields = ("key", "name", "published_on", "note")


class NationalPriorityResource(ReferenceResource):
    class Meta:
        model = NationalPriorityProcedure
        import_id_fields = ("edition", "number")
        fields = (
            "edition", "number", "name", "group", "subgroup", "tier", "legal_basis",
            "is_special31", "applies_to_city", "national_ids", "confidence", "source", "note",
        )  # fmt: skip


class NationalListResource(ReferenceResource):
    """All procedures of one new edition of the national list; nothing is written.

    Its outcome holds them as they would be, for whoever stores the edition.
    """

    class Meta:
        model = NationalPriorityProcedure
        import_id_fields = ("number",)
        fields = (
            "number", "name", "group", "subgroup", "tier", "legal_basis", "is_special31",
            "applies_to_city", "national_ids", "confidence", "source", "note",
        )  # fmt: skip

    def __init__(self, edition: NationalListEdition | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._edition = edition

    def locked_rows(self) -> Iterable[NationalPriorityProcedure]:
        """A new edition has none yet."""
        return ()

    def init_instance(self, row: Mapping[str, str] | None = None) -> NationalPriorityProcedure:
        """A procedure of the edition."""
        return NationalPriorityProcedure(edition=self._edition)

    def do_instance_save(self, instance: NationalPriorityProcedure, is_create: bool) -> None:
        """Left to whoever stores the edition."""
