"""Checks of what was installed and how it is set: they ask no database."""

import shutil
import subprocess
import sys
from datetime import date
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core import checks
from django.http.request import validate_host
from django.utils.timezone import localdate

from operation import static_files
from tracking.paper import pdf

from .answers import Answer, caution, failure, fine

_KEY_LENGTH, _KEY_LETTERS = 50, 5
_HERE = {"localhost", "127.0.0.1", "[::1]"}
# Until when each gets security fixes: devguide.python.org/versions, djangoproject.com/download.
PYTHON_ENDS = {
    (3, 11): date(2027, 10, 31),
    (3, 12): date(2028, 10, 31),
    (3, 13): date(2029, 10, 31),
    (3, 14): date(2030, 10, 31),
}
DJANGO_ENDS = {(5, 2): date(2028, 4, 30)}


def deployment() -> Answer:
    """Django's own checks, with those for a server that others reach."""
    found = [one for one in checks.run_checks(include_deployment_checks=True) if _counts(one)]
    if not found:
        return fine("Django の点検（check --deploy）で問題は見つかりませんでした。")
    seen = "、".join(sorted({one.id for one in found}))
    advice = "manage.py check --deploy を実行し、表示された設定を直してください。"
    tell = failure if any(one.level >= checks.ERROR for one in found) else caution
    return tell(f"Django の点検で見つかりました：{seen}", advice)


def protection() -> Answer:
    """DEBUG and plain HTTP."""
    if settings.DEBUG:
        return failure(
            "DX_DEBUG が有効です。エラーの画面にプログラムの内部が表示されます。",
            "DX_DEBUG を消し、プログラムを起動し直してください。",
        )
    if settings.INSECURE_HTTP:
        return failure(
            "DX_INSECURE_HTTP が有効です。パスワードが暗号化されずに流れます。",
            "HTTPS を受けるプロキシを前に置き、DX_INSECURE_HTTP を消してください。",
        )
    return fine("HTTPS だけで使う設定です。")


def secret_key() -> Answer:
    """Whether the key is long enough; it is never shown."""
    key = settings.SECRET_KEY
    if len(key) >= _KEY_LENGTH and len(set(key)) >= _KEY_LETTERS:
        return fine(f"DX_SECRET_KEY は{_KEY_LENGTH}文字以上です。")
    return failure(
        "DX_SECRET_KEY が短いか、同じ文字の繰り返しです。ログインを偽造されるおそれがあります。",
        'python3 -c "import secrets; print(secrets.token_urlsafe(50))" の結果に替えてください。'
        "全員がログインし直すことになります。",
    )


def hosts() -> Answer:
    """Under which names the program answers."""
    allowed = settings.ALLOWED_HOSTS
    if "*" in allowed:
        return failure(
            "DX_ALLOWED_HOSTS が「*」です。偽のホスト名への要求にも答えます。",
            "利用者が使うホスト名だけを、DX_ALLOWED_HOSTS に書いてください。",
        )
    if set(allowed) <= _HERE:
        return caution(
            "DX_ALLOWED_HOSTS が未設定のため、このサーバーの中からしか使えません。",
            "利用者が使うホスト名（例：dx.example.lg.jp）を、DX_ALLOWED_HOSTS に書いてください。",
        )
    return fine(f"受け付けるホスト名：{'、'.join(allowed)}")


def base_url() -> Answer:
    """The address that stands in the mails."""
    url = urlsplit(settings.BASE_URL)
    if not settings.BASE_URL:
        if not settings.EMAIL_HOST:
            return fine("DX_BASE_URL は未設定です（メールを使わないため不要です）。")
        return caution(
            "DX_BASE_URL が未設定です。お知らせのメールに、画面のアドレスが入りません。",
            "利用者が使うアドレス（例：https://dx.example.lg.jp）を DX_BASE_URL に書いてください。",
        )
    if url.scheme not in ("http", "https") or not url.hostname:
        return failure(
            "DX_BASE_URL がアドレスとして読み取れません。",
            "https:// で始まるアドレスにしてください（例：https://dx.example.lg.jp）。",
        )
    if not validate_host(url.hostname, settings.ALLOWED_HOSTS):
        return failure(
            f"DX_BASE_URL のホスト名「{url.hostname}」が、DX_ALLOWED_HOSTS にありません。",
            "どちらかを直してください。このままでは、メールの中のアドレスを開けません。",
        )
    return fine(f"利用者が使うアドレス：{settings.BASE_URL}")


def python() -> Answer:
    """Whether this Python gets security fixes."""
    return _supported("Python", sys.version_info[:3], PYTHON_ENDS)


def framework() -> Answer:
    """Whether this Django gets security fixes."""
    return _supported("Django", django.VERSION[:3], DJANGO_ENDS)


def static() -> Answer:
    """Whether what browsers load is of this version of the program."""
    if static_files.are_collected():
        return fine(f"静的ファイルは、このプログラムの版のものです（{settings.STATIC_ROOT}）。")
    return failure(
        f"静的ファイルがないか、別の版のものです（{settings.STATIC_ROOT}）。画面を表示できません。",
        "manage.py collectstatic --noinput を実行し、プログラムを起動し直してください。",
    )


def paper() -> Answer:
    """Whether PDFs can be made, with Japanese letters in them."""
    if not pdf.is_available():
        return fine("PDF の部品は入っていません。PDF は、ブラウザーの印刷から作れます。")
    fonts = _japanese_fonts()
    if fonts == 0:
        return caution(
            "PDF の部品はありますが、日本語のフォントがありません。PDF の文字が四角になります。",
            "日本語のフォント（Debian・Ubuntu では fonts-noto-cjk）を入れてください。",
        )
    found = "" if fonts is None else f"（日本語のフォント{fonts}件）"
    return fine(f"PDF を作れます{found}。")


def _counts(message: checks.CheckMessage) -> bool:
    return message.level >= checks.WARNING and not message.is_silenced()


def _supported(name: str, version: tuple[int, ...], ends: dict[tuple[int, int], date]) -> Answer:
    readable = f"{name} {'.'.join(map(str, version))}"
    end = ends.get(version[:2])
    if end is None:
        known = "、".join(".".join(map(str, each)) for each in ends)
        return caution(
            f"{readable} では試験していません（試験した版：{known}）。",
            "試験した版を使うか、新しい版のプログラムがないか確かめてください。",
        )
    if localdate() > end:
        return caution(
            f"{readable} のセキュリティ修正は、{end:%Y-%m-%d} に終わりました。",
            "修正が続いている版に上げてください（docs/office/install.md「更新」）。",
        )
    return fine(f"{readable}（セキュリティ修正は {end:%Y-%m-%d} まで）")


def _japanese_fonts() -> int | None:
    """How many there are; None where nobody can be asked."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    asked = subprocess.run(
        [program, ":lang=ja", "file"], capture_output=True, timeout=10, check=False
    )
    return len(asked.stdout.splitlines())
