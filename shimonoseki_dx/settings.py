"""Settings of the program: safe by default, everything of the office from the environment.

Every variable is explained in deploy/office.env. A missing one that has no safe
default stops the start with a sentence that says what to set.
"""

import os
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from operation.directory.configuration import sign_in_from

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.")
    return int(text)


# --- The office -------------------------------------------------------------------------------
OFFICE_NAME = os.environ.get("DX_OFFICE_NAME", "").strip() or "下関市"
DATA_DIR = Path(os.environ.get("DX_DATA_DIR", "").strip() or BASE_DIR / "var")
DISK_RESERVE_MB = _number("DX_DISK_RESERVE_MB", 500)  # with less free the program is not ready
STALE_DAYS = _number("DX_STALE_DAYS", 90)  # domain.md: 更新停滞
CONFIRM_DAYS = _number("DX_CONFIRM_DAYS", 90)  # after so many a row is to be confirmed again
AUDIT_DAYS = _number("DX_AUDIT_DAYS", 0)  # so long the audit log is kept; 0: for ever
ISSUE_NOTICE_DAYS = _number("DX_ISSUE_NOTICE_DAYS", 14)  # so long before its date an issue is due

# --- The public table -------------------------------------------------------------------------
PUBLICATION = _flag("DX_PUBLICATION")  # pages that anybody may read: only where the office says so
PUBLICATION_MASK_BELOW = _number("DX_PUBLICATION_MASK_BELOW", 0)
if PUBLICATION_MASK_BELOW in (1, 2):
    raise ImproperlyConfigured(
        "DX_PUBLICATION_MASK_BELOW must be 0 or at least 3: a count below 2 that is not 0 can only "
        "be 1, so nothing would be hidden."
    )
PUBLICATION_CONTACT = os.environ.get("DX_PUBLICATION_CONTACT", "").strip() or (
    f"{OFFICE_NAME}情報政策課"
)
PUBLICATION_LICENSE = os.environ.get("DX_PUBLICATION_LICENSE", "").strip()

# --- Mail (reminders) -------------------------------------------------------------------------
BASE_URL = os.environ.get("DX_BASE_URL", "").strip().rstrip("/")  # for the addresses in mails
EMAIL_HOST = os.environ.get("DX_SMTP_HOST", "").strip()
_SMTP_PORTS = {"none": 25, "starttls": 587, "tls": 465}
_SMTP_SECURITY = os.environ.get("DX_SMTP_SECURITY", "").strip().lower() or "none"
if _SMTP_SECURITY not in _SMTP_PORTS:
    raise ImproperlyConfigured(f"DX_SMTP_SECURITY must be one of {', '.join(_SMTP_PORTS)}.")
EMAIL_PORT = _number("DX_SMTP_PORT", _SMTP_PORTS[_SMTP_SECURITY])
EMAIL_USE_TLS = _SMTP_SECURITY == "starttls"
EMAIL_USE_SSL = _SMTP_SECURITY == "tls"
EMAIL_HOST_USER = os.environ.get("DX_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("DX_SMTP_PASSWORD", "")
DEFAULT_FROM_EMAIL = os.environ.get("DX_MAIL_FROM", "").strip()
EMAIL_TIMEOUT = 20  # seconds that one answer of the mail server may take

# --- Safety -----------------------------------------------------------------------------------
DEBUG = _flag("DX_DEBUG")
# Plain HTTP is for one's own machine only: cookies travel unprotected.
INSECURE_HTTP = DEBUG or _flag("DX_INSECURE_HTTP")
SECRET_KEY = os.environ.get("DX_SECRET_KEY", "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "DX_SECRET_KEY is not set. Put a long random text into it, for example the output of: "
        'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
ALLOWED_HOSTS = _list("DX_ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = _list("DX_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "shimonoseki_dx.sign_in.csrf_failure"

SECURE_SSL_REDIRECT = not INSECURE_HTTP
SESSION_COOKIE_SECURE = not INSECURE_HTTP
CSRF_COOKIE_SECURE = not INSECURE_HTTP
# A browser takes a cookie of such a name from this very host only, and over HTTPS only: no other
# system below the office's domain can slip its own in.
_COOKIE = "dx_" if INSECURE_HTTP else "__Host-dx_"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_COOKIE}session", f"{_COOKIE}csrf"
SEEN_COOKIE_NAME = f"{_COOKIE}seen"  # operation/accounts/sessions.py
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_HTTP
SECURE_HSTS_PRELOAD = not INSECURE_HTTP
# A proxy ends HTTPS. The server believes its X-Forwarded-For and -Proto, and nobody else's.
BEHIND_PROXY = _flag("DX_BEHIND_PROXY")
PROXY_ADDRESS = os.environ.get("DX_PROXY_ADDRESS", "").strip() or "127.0.0.1"
try:
    if PROXY_ADDRESS != "*":  # everybody
        ip_address(PROXY_ADDRESS)
except ValueError as error:
    raise ImproperlyConfigured(
        f"DX_PROXY_ADDRESS must be an IP address, not {PROXY_ADDRESS!r}: requests come from an "
        "address and never from a name, so the proxy would not be believed."
    ) from error
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A sign-in lasts one working day at most, and so long without a request (operation/accounts).
_HOURS = _number("DX_SESSION_HOURS", 10)
_IDLE = _number("DX_SESSION_IDLE_MINUTES", 60)
if not 1 <= _HOURS <= 24:
    raise ImproperlyConfigured("DX_SESSION_HOURS must be from 1 to 24.")
if _IDLE and not 5 <= _IDLE <= _HOURS * 60:
    raise ImproperlyConfigured(
        "DX_SESSION_IDLE_MINUTES must be from 5 to the minutes of DX_SESSION_HOURS, or 0 for none."
    )
SESSION_SECONDS = SESSION_COOKIE_AGE = _HOURS * 60 * 60
SESSION_IDLE_SECONDS = _IDLE * 60
SESSION_WARNING_SECONDS = min(5 * 60, (SESSION_IDLE_SECONDS or SESSION_SECONDS) // 5)
SESSION_COOKIE_HTTPONLY = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- The web server ---------------------------------------------------------------------------
LISTEN = os.environ.get("DX_LISTEN", "").strip() or "127.0.0.1:8000"
THREADS = _number("DX_THREADS", 8)
if not 1 <= THREADS <= 64:
    raise ImproperlyConfigured(
        "DX_THREADS must be from 1 to 64: so many requests are answered at once, and each of them "
        "may hold a connection to the database."
    )

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "shimonoseki_dx.apps.OfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "django_htmx",
    "import_export",
    "simple_history",
    "axes",
    "csp",
    "procedures",
    "tracking",
    "operation",
]
MIDDLEWARE = [
    "operation.request_ids.RequestIdMiddleware",
    "operation.logs.RequestLogMiddleware",
    # On every answer, also on static files and on what is refused early.
    "shimonoseki_dx.security_headers.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "operation.health.ProbesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "operation.accounts.sessions.SessionClockMiddleware",
    "shimonoseki_dx.sign_in.SignInMiddleware",
    "operation.accounts.first_password.FirstPasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "operation.fair_share.FairShareMiddleware",
    "operation.audit_log.files.FilesMiddleware",
]
ROOT_URLCONF = "shimonoseki_dx.urls"
WSGI_APPLICATION = "shimonoseki_dx.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tracking.navigation.navigation",
                "operation.accounts.sessions.times",
            ],
        },
    }
]
FORM_RENDERER = "shimonoseki_dx.form_renderer.FormRenderer"

# --- Data -------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_DIR / 'inventory.sqlite3'}",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers take turns: SQLite's own wait would let one of them starve.
    DATABASES["default"]["ENGINE"] = "operation.fair_sqlite3"
    # IMMEDIATE: writers wait in line instead of failing.
    # FULL: what the page calls 保存しました survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": ("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"),
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # As with SQLite nobody waits for another's row without end, nor for a process that hangs.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
        "options", "-c lock_timeout=20s -c idle_in_transaction_session_timeout=10min"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# procedures/records.py writes the history rows; the package's signals would write them twice.
SIMPLE_HISTORY_ENABLED = False
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Backup -----------------------------------------------------------------------------------
BACKUP_DIR = Path(os.environ.get("DX_BACKUP_DIR", "").strip() or DATA_DIR / "backups")
BACKUP_KEEP_DAYS = _number("DX_BACKUP_KEEP_DAYS", 30)
BACKUP_KEEP_MONTHS = _number("DX_BACKUP_KEEP_MONTHS", 12)  # of each the newest
PG_BIN = os.environ.get("DX_PG_BIN", "").strip()  # the folder of pg_dump and pg_restore

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "procedures.User"
# Accounts of this program, and beside them the office's own login where DX_LOGIN names it.
SIGN_IN = sign_in_from(os.environ, insecure_http=INSECURE_HTTP, behind_proxy=BEHIND_PROXY)
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", *SIGN_IN.backends]
# Length, and nothing that is guessed first; no composition, no change by the calendar.
PASSWORD_MIN_LENGTH = _number("DX_PASSWORD_MIN_LENGTH", 12)
if not 8 <= PASSWORD_MIN_LENGTH <= 64:
    raise ImproperlyConfigured("DX_PASSWORD_MIN_LENGTH must be from 8 to 64.")
PASSWORD_WORDS = _list("DX_PASSWORD_WORDS")  # further words that people here would guess first
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {
        "NAME": f"{_VALIDATION}.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": "operation.accounts.passwords.GuessableWordsValidator"},
]
# Argon2 where its package is installed (the argon2 extra); what PBKDF2 hashed stays readable, and
# is hashed anew when its person signs in.
PASSWORD_HASHERS = [
    *(["django.contrib.auth.hashers.Argon2PasswordHasher"] if find_spec("argon2") else []),
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# A name and an address together: one desk behind the office proxy never locks out the others.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what the page says stays true
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "operation.accounts.lockout.client_address"
AXES_USERNAME_CALLABLE = "operation.accounts.lockout.counted_name"
AXES_LOCKOUT_CALLABLE = "operation.accounts.lockout.locked_out"
AXES_HANDLER = "operation.accounts.lockout.Handler"
AXES_DISABLE_ACCESS_LOG = True  # the audit log keeps who signed in
# Failures over all names from one address within the same time; 0 where many desks share one.
ADDRESS_FAILURES = _number("DX_ADDRESS_FAILURES", 50)
if 0 < ADDRESS_FAILURES < 10:
    raise ImproperlyConfigured("DX_ADDRESS_FAILURES must be 0 (no limit) or at least 10.")

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_I18N = True
USE_TZ = True

# --- Static files -----------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "shimonoseki_dx" / "static"]
MEDIA_ROOT = DATA_DIR / "uploads"  # imported files; never served
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Import -----------------------------------------------------------------------------------
IMPORT_MAX_BYTES = 30 * 1024 * 1024  # the gate looks further; see procedures/spreadsheet/gate.py
# Reading and applying a list takes seconds to minutes; a page that shows it is not kept waiting.
IMPORT_IN_OWN_PROCESS = True
# django-import-export is closed except for what an admin class opens on purpose.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

# --- Logs -------------------------------------------------------------------------------------
_LOG_FORMATS = {"json": "operation.logs.JsonFormatter", "text": "operation.logs.TextFormatter"}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_LOG_FORMAT = os.environ.get("DX_LOG_FORMAT", "").strip().lower() or (
    "text" if INSECURE_HTTP else "json"
)
if _LOG_FORMAT not in _LOG_FORMATS:
    raise ImproperlyConfigured(f"DX_LOG_FORMAT must be one of {', '.join(_LOG_FORMATS)}.")
_LOG_LEVEL = os.environ.get("DX_LOG_LEVEL", "").strip().upper() or "INFO"
if _LOG_LEVEL not in _LOG_LEVELS:
    raise ImproperlyConfigured(f"DX_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}.")
LOG_FILE = os.environ.get("DX_LOG_FILE", "").strip()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _LOG_FORMATS[_LOG_FORMAT]}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print what our formatters leave out.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # What is refused stands in the line of its request; what fails is logged with its error.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
        "axes": {"level": "WARNING"},
        # They would name who signs in; operation.directory logs what failed.
        "django_auth_ldap": {"level": "CRITICAL"},
        "mozilla_django_oidc": {"level": "CRITICAL"},
        # It warns of every rule of a style sheet that is meant for browsers alone.
        "weasyprint": {"level": "ERROR"},
    },
}
if LOG_FILE:
    LOGGING["handlers"]["file"] = {
        "class": "operation.log_files.DailyFileHandler",
        "formatter": "line",
        "path": LOG_FILE,
        "days": _number("DX_LOG_DAYS", 90),
    }
    LOGGING["root"]["handlers"].append("file")
