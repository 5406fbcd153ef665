"""The check of the mail server: connects, protects, signs in, and sends nothing."""

import smtplib
import ssl

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from .answers import Answer, caution, failure, fine

_SECONDS = 10
_PROBLEMS: tuple[tuple[type[Exception], str, str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "メールサーバーがログインを断りました。",
        "DX_SMTP_USER と DX_SMTP_PASSWORD を確かめてください。",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "メールサーバーが、設定した暗号化またはログインの方式に対応していません。",
        "DX_SMTP_SECURITY を、メールサーバーの方式に合わせてください。",
    ),
    (
        ssl.SSLCertVerificationError,
        "メールサーバーの証明書を確かめられません。",
        "証明書の期限とホスト名、庁内の認証局がこのサーバーに登録されているかを確かめてください。",
    ),
    (
        ssl.SSLError,
        "メールサーバーと暗号化した通信を始められません。",
        "DX_SMTP_SECURITY（starttls か tls）と DX_SMTP_PORT の組合せを確かめてください。",
    ),
    (
        smtplib.SMTPException,
        "メールサーバーが接続を断りました。",
        "メールサーバーの管理者に、このサーバーからの送信が許可されているか確かめてください。",
    ),
    (
        OSError,
        "メールサーバーに接続できません。",
        "DX_SMTP_HOST と DX_SMTP_PORT、途中のファイアウォールを確かめてください。",
    ),
)
"""What went wrong, the narrower before the wider: what was seen, what to do."""


def server() -> Answer:
    """Whether a reminder could be sent now."""
    if not settings.EMAIL_HOST:
        return fine(
            "メールは設定されていません（DX_SMTP_HOST が未設定）。お知らせは画面だけに出ます。"
        )
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    connection = EmailBackend(timeout=_SECONDS)
    try:
        connection.open()
        connection.connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        seen, advice = next(
            (seen, advice) for kind, seen, advice in _PROBLEMS if isinstance(error, kind)
        )
        return failure(f"{seen}（{place}）", advice)
    finally:
        connection.close()
    return _settings_of(place)


def _settings_of(place: str) -> Answer:
    if not settings.DEFAULT_FROM_EMAIL:
        return failure(
            f"メールサーバー（{place}）に接続できますが、差出人が未設定です。",
            "DX_MAIL_FROM に、差出人のアドレスを書いてください。",
        )
    if settings.EMAIL_HOST_USER and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        return caution(
            f"メールサーバー（{place}）のパスワードが、暗号化されずに流れます。",
            "DX_SMTP_SECURITY を starttls または tls にしてください。",
        )
    return fine(f"メールサーバー（{place}）に接続できます。メールは送っていません。")
