"""The checks of the office's own login: that it answers, gives roles, is not alone."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from operation.directory.admission import Unavailable
from operation.directory.configuration import LDAP, OIDC, Ldap
from procedures.models import DirectoryGroup, DirectoryKind, Role, User
from tracking.succession import ended

from .answers import Answer, caution, failure, fine

_HOW = "docs/office/sign-in.md「つながらないとき」"


def office_login() -> Answer:
    """Each of ``DX_LOGIN`` that has a server of its own."""
    own = settings.SIGN_IN
    ways = "、".join(own.ways)
    try:
        if LDAP in own.ways and (missing := _not_in_directory(own.ldap)):
            return failure(
                f"ディレクトリーに接続できますが、検索の起点がありません：{'、'.join(missing)}",
                f"DX_LDAP_USER_BASE と DX_LDAP_GROUP_BASE を確かめてください（{_HOW}）。",
            )
        if OIDC in own.ways:
            _ask_provider()
    except Unavailable:
        return failure(
            f"庁内のログインのサーバーに接続できません（DX_LOGIN：{ways}）。",
            f"サーバーのアドレス、証明書、接続用のアカウントを確かめてください（{_HOW}）。"
            "理由はログにあります。",
        )
    return fine(f"ログインの方法：{ways}")


def own_administrator() -> Answer:
    """Whether an administrator gets in while the office's own login is away, or mistaken."""
    is_administrator = Q(is_superuser=True) | Q(memberships__role=Role.ADMINISTRATOR)
    own = User.objects.filter(is_administrator, is_active=True, directory=DirectoryKind.NONE)
    if any(person.has_usable_password() for person in own):
        return fine("この台帳のパスワードで入れる管理者がいます。")
    return caution(
        "この台帳のパスワードで入れる管理者がいません。庁内のログインが止まると、誰も管理できません。",
        "非常用の管理者を登録してください（docs/office/sign-in.md「非常用の管理者」）。",
    )


def groups() -> Answer:
    """Whether the groups of the office's own login still give roles; a few queries."""
    if not _gives_roles_by_groups():
        return fine("庁内のグループからは役割を決めていません。")
    known = list(DirectoryGroup.objects.select_related("department"))
    if not known:
        return caution(
            "庁内のグループが一つも登録されていません。庁内アカウントの人には役割がありません。",
            "管理画面の「庁内のグループ」で、グループと役割を対応させてください。",
        )
    today = timezone.localdate()
    gone = [
        group.name
        for group in known
        if group.department and (past := ended(group.department, today)) and not past.heirs
    ]
    if gone:
        return caution(
            f"終了した部局室に対応したままのグループがあります：{'、'.join(gone[:5])}",
            "管理画面の「庁内のグループ」で、今の部局室に直してください。",
        )
    return fine(f"庁内のグループは{len(known)}件です。")


def _gives_roles_by_groups() -> bool:
    own = settings.SIGN_IN
    return bool(
        (own.ldap and own.ldap.group_base)
        or (own.provider and own.provider.groups_claim)
        or (own.proxy and own.proxy.groups_header)
    )


def _not_in_directory(own: Ldap) -> list[str]:
    from operation.directory.ldap_directory import Directory  # an extra, not installed everywhere

    directory = Directory(own)
    return [
        base for base in (own.user_base, own.group_base) if base and not directory.is_there(base)
    ]


def _ask_provider() -> None:
    from operation.directory.provider import endpoints  # an extra, too

    endpoints()
