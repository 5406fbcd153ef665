"""The office: departments, divisions, people and the teams they belong to."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from .history import history


class Confidence(models.TextChoices):
    """How well a fact of the shipped lists is attested."""

    READ = "A", "出典で確認"
    SECONDARY = "B", "古い出典・二次資料"
    UNVERIFIED = "C", "未確認"


def lasting(on: date) -> Q:
    """What is there on the day ``on``, of rows with ``valid_from`` and ``valid_to``."""
    has_begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return has_begun & (Q(valid_to__isnull=True) | Q(valid_to__gte=on))


class UnitQuerySet(models.QuerySet):
    """Units of the office, in the office's own order (建制順)."""

    def current(self, on: date) -> "UnitQuerySet":
        """Those that exist on the day ``on``."""
        return self.filter(lasting(on))


class Unit(models.Model):
    """What a department and a division have in common: a place in the order, and a lifetime."""

    code = models.CharField("コード", max_length=20, unique=True)
    name = models.CharField("名称", max_length=100)
    order = models.PositiveIntegerField("並び順（建制順）", default=0)
    valid_from = models.DateField("有効期間の始め", null=True, blank=True)
    valid_to = models.DateField("有効期間の終わり", null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        verbose_name="後継組織",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="predecessors",
    )
    confidence = models.CharField(
        "確度", max_length=1, choices=Confidence.choices, default=Confidence.READ
    )
    source = models.CharField("出典", max_length=300, blank=True, default="")

    objects = UnitQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


def _lifetime(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(valid_from__isnull=True)
        | Q(valid_to__isnull=True)
        | Q(valid_to__gte=models.F("valid_from")),
        violation_error_message="有効期間の終わりは、始め以後の日にしてください。",
    )


class Department(Unit):
    """部局室, the unit whose DX team does the work (clause 5)."""

    history = history()

    class Meta(Unit.Meta):
        verbose_name = "部局室"
        verbose_name_plural = "部局室"
        constraints = [_lifetime("department_lifetime")]


class Division(Unit):
    """課 of one department."""

    department = models.ForeignKey(
        Department, verbose_name="部局室", on_delete=models.PROTECT, related_name="divisions"
    )

    history = history()

    class Meta(Unit.Meta):
        verbose_name = "課"
        verbose_name_plural = "課"
        ordering = ["department__order", "order", "pk"]
        constraints = [
            _lifetime("division_lifetime"),
            models.UniqueConstraint(
                fields=["department", "name"],
                condition=Q(valid_to__isnull=True),
                name="division_name_unique_in_department",
                violation_error_message="同じ部局室に同じ名称の課があります。",
            ),
        ]


class DirectoryKind(models.TextChoices):
    """Who makes sure that a person is who they say: this program, or the office's own login."""

    NONE = "", "この台帳のパスワード"
    LDAP = "ldap", "庁内アカウント（LDAP・Active Directory）"
    OIDC = "oidc", "庁内アカウント（OpenID Connect）"
    REMOTE = "remote", "庁内アカウント（プロキシの認証）"


class User(AbstractUser):
    """A person (or the account under which commands run)."""

    display_name = models.CharField("氏名", max_length=100, blank=True, default="")
    directory = models.CharField(
        "ログインの方法", max_length=10, choices=DirectoryKind, blank=True, default=""
    )
    directory_id = models.CharField(
        "庁内アカウントの識別子",
        max_length=500,
        blank=True,
        default="",
        help_text="初めてログインしたときに入ります。空欄の間は、このユーザー名でログインした"
        "庁内アカウントと結び付きます。",
    )

    must_change_password = models.BooleanField(
        "初期パスワード",
        default=False,
        help_text="次にログインしたときに、本人がパスワードを決めます。",
    )
    sessions_round = models.PositiveIntegerField(
        "ログインの世代", default=0, editable=False
    )  # one more of it ends whatever sign-ins there are

    history = history(without=("password", "last_login"))

    class Meta:
        verbose_name = "利用者"
        verbose_name_plural = "利用者"
        constraints = [
            models.CheckConstraint(
                name="user_directory_id_with_directory",
                condition=Q(directory_id="") | ~Q(directory=""),
                violation_error_message=(
                    "庁内アカウントの識別子は、ログインの方法が庁内アカウントのときだけ入れられます。"
                    "識別子を消すか、ログインの方法を選び直してください。"
                ),
            ),
            models.UniqueConstraint(
                fields=["directory", "directory_id"],
                condition=~Q(directory_id=""),
                name="user_once_per_directory_id",
                violation_error_message="この庁内アカウントは、別の利用者と結び付いています。",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """The name as people here write it."""
        return str(self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a sign-in stands on: the password, and the round that an end of all of them closes.

        Django's own hook behind ``get_session_auth_hash`` and its fallback keys.
        """
        key_salt = "procedures.models.User.session"
        stands_on = f"{self.sessions_round}:{self.password}"
        return salted_hmac(key_salt, stands_on, secret=secret, algorithm="sha256").hexdigest()


class Role(models.TextChoices):
    """What a person does here."""

    MEMBER = "member", "DX推進チーム員"
    LEADER = "leader", "DX推進チームリーダー"
    DIVISION = "division", "情報政策課"
    DIVISION_LEADER = "division_leader", "情報政策課長"
    ADMINISTRATOR = "administrator", "管理者"


TEAM_ROLES = (Role.MEMBER, Role.LEADER)
DIVISION_ROLES = (Role.DIVISION, Role.DIVISION_LEADER)
OFFICE_ROLES = (*DIVISION_ROLES, Role.ADMINISTRATOR)


def department_with_team_role(name: str) -> models.CheckConstraint:
    """A team's role is held in a department, every other one for the whole office."""
    return models.CheckConstraint(
        name=name,
        condition=Q(role__in=TEAM_ROLES, department__isnull=False)
        | (~Q(role__in=TEAM_ROLES) & Q(department__isnull=True)),
        violation_error_message=(
            "DX推進チームの役割には部局室を選び、それ以外の役割では空欄にしてください。"
        ),
    )


class TeamMembership(models.Model):
    """チーム員: a person's role, in a department's DX team or for the whole office."""

    user = models.ForeignKey(
        User, verbose_name="利用者", on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    department = models.ForeignKey(
        Department,
        verbose_name="部局室",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="memberships",
        help_text="DX推進チームの場合に選びます。情報政策課と管理者は空欄にします。",
    )

    history = history()

    class Meta:
        verbose_name = "チーム員"
        verbose_name_plural = "チーム員"
        constraints = [
            department_with_team_role("membership_department_with_team_role"),
            models.UniqueConstraint(
                fields=["user", "department"],
                name="membership_once_per_department",
                violation_error_message="この利用者はすでにこの部局室のチーム員です。",
            ),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(department__isnull=True),
                name="membership_office_role_once",
                violation_error_message="この利用者はすでにこの役割を持っています。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}（{self.get_role_display()}）"


class DirectoryGroup(models.Model):
    """庁内のグループ: the role that a group of the office's directory gives its people here."""

    name = models.CharField(
        "グループ",
        max_length=400,
        help_text="庁内アカウントのグループの名前を、送られてくるとおりに書きます"
        "（例：DX-市民部、または CN=DX-市民部,OU=Groups,DC=example,DC=lg,DC=jp）。",
    )
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    department = models.ForeignKey(
        Department,
        verbose_name="部局室",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="directory_groups",
        help_text="DX推進チームの場合に選びます。情報政策課と管理者は空欄にします。",
    )

    history = history()

    class Meta:
        verbose_name = "庁内のグループ"
        verbose_name_plural = "庁内のグループ"
        ordering = ["name", "pk"]
        constraints = [
            department_with_team_role("directory_group_department_with_team_role"),
            models.UniqueConstraint(
                fields=["name", "department"],
                name="directory_group_once_per_department",
                violation_error_message="このグループには、この部局室の役割がすでにあります。",
            ),
            models.UniqueConstraint(
                fields=["name", "role"],
                condition=Q(department__isnull=True),
                name="directory_group_office_role_once",
                violation_error_message="このグループには、この役割がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_role_display()}）"
