"""Settings of the program: safe by default, everything of the office from the environment.

Every variable is explained in README.md (section "Settings"). A missing one that has no safe
default stops the start with a sentence that says what to set.
"""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.")
    return int(text)


# --- The office -------------------------------------------------------------------------------
OFFICE_NAME = os.environ.get("DX_OFFICE_NAME", "下関市")
DATA_DIR = Path(os.environ.get("DX_DATA_DIR", BASE_DIR / "var"))
STALE_DAYS = _number("DX_STALE_DAYS", 90)  # domain.md: 更新停滞
CONFIRM_DAYS = _number("DX_CONFIRM_DAYS", 90)  # after so many a row is to be confirmed again
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
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_HTTP
SECURE_HSTS_PRELOAD = not INSECURE_HTTP
if _flag("DX_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 60 * 60 * 10  # one working day
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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shimonoseki_dx.sign_in.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
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
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- Data -------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_DIR / 'inventory.sqlite3'}",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: writers wait in line instead of failing.
    # FULL: what the page calls 保存しました survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": ("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# procedures/records.py writes the history rows; the package's signals would write them twice.
SIMPLE_HISTORY_ENABLED = False
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "procedures.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# A name and an address together: one desk behind the office proxy never locks out the others.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_TEMPLATE = "registration/lockout.html"
AXES_RESET_ON_SUCCESS = True

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "WARNING"},
        # It warns of every rule of a style sheet that is meant for browsers alone.
        "weasyprint": {"level": "ERROR"},
    },
}
