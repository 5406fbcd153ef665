"""Checks of what the program keeps: long work, results, the audit log, accounts."""

from itertools import islice

from django.contrib.auth.hashers import check_password
from django.db.models import Q

from procedures import audit, bulk_import
from procedures.classification import differences
from procedures.models import ImportRun, Procedure, Role, SurveyEdition, User
from procedures.survey import editions
from tracking.management.commands.load_demo import PASSWORD as DEMO_PASSWORD
from tracking.management.commands.load_demo import PEOPLE as DEMO_PEOPLE

from .answers import Answer, caution, failure, fine

_SHOWN = 3


def long_work() -> Answer:
    """Whether a process that should read or apply a file is dead."""
    runs = ImportRun.objects.filter(state__in=ImportRun.WORKING)
    read = SurveyEdition.objects.filter(state=SurveyEdition.State.READING)
    stopped = [f"取込{run.pk}" for run in runs if bulk_import.has_stopped(run)]
    stopped += [f"国の調査{edition.pk}" for edition in read if editions.has_stopped(edition)]
    if not stopped:
        return fine(f"動いている取込は{len(runs) + len(read)}件です。止まったものはありません。")
    return caution(
        f"処理が途中で止まっています：{'、'.join(stopped[:_SHOWN])}",
        "画面で開き、もう一度読み込んでください（台帳は変わっていません）。繰り返す場合は、"
        "その時刻のログとメモリーの不足を調べてください。",
    )


def results() -> Answer:
    """Whether every stored result is what the rules give (``check_inventory``)."""
    found = len({row.pk for row, *_ in islice(differences(Procedure.objects.all()), 1_000)})
    if not found:
        return fine(f"手続{Procedure.objects.count():,}件の区分は、計算し直した結果と同じです。")
    return failure(
        f"保存された区分が、計算し直した結果と違う手続があります（{found:,}件以上）。",
        "manage.py check_inventory で内容を確かめ、manage.py reclassify で直してください。",
    )


def audit_log() -> Answer:
    """Whether an entry of the audit log was changed or removed; where it ends is noted."""
    seen = audit.verify()
    if seen.ok:
        audit.remember_head()
        return fine(f"監査ログ{seen.entries:,}件のつながりは正しく保たれています。")
    return failure(
        f"監査ログが書き換えられたか、欠けています：{'／'.join(seen.problems[:_SHOWN])}",
        "サーバーとデータベースに入れる人を調べ、バックアップの監査ログと比べてください"
        "（docs/office/audit.md）。",
    )


def administrators() -> Answer:
    """Whether somebody can look after accounts, and two can while one is away."""
    is_one = Q(is_superuser=True) | Q(memberships__role=Role.ADMINISTRATOR)
    active = User.objects.filter(is_one, is_active=True).distinct().count()
    if active > 1:
        return fine(f"管理者は{active}人です。")
    if active:
        return caution(
            "管理者が1人だけです。不在のときに、利用者を登録できません。",
            "管理の画面で、もう1人を管理者にしてください。",
        )
    return failure(
        "管理者がいません。利用者を登録できません。",
        "manage.py createsuperuser などで管理者を登録してください（docs/office/accounts.md）。",
    )


def demo_accounts() -> Answer:
    """Whether anybody can sign in with the password that stands in the README."""
    names = [name for name, *_ in DEMO_PEOPLE]
    people = User.objects.filter(username__in=names, is_active=True)
    open_ones = sum(check_password(DEMO_PASSWORD, person.password) for person in people)
    if not open_ones:
        return fine("デモ用のパスワードで入れるアカウントはありません。")
    return failure(
        f"デモ用のパスワードのままのアカウントが{open_ones}件あります。誰でも入れます。",
        "管理の画面で、そのアカウントを無効にするか、パスワードを変えてください。",
    )
