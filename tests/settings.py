"""Settings of the test suite: the program's own, with a known key and plain static files."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DX_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("DX_INSECURE_HTTP", "1")
_FOLDER = tempfile.TemporaryDirectory(prefix="shimonoseki-dx-tests-")
os.environ.setdefault("DX_DATA_DIR", _FOLDER.name)

from shimonoseki_dx.settings import *  # noqa: E402, F403
from shimonoseki_dx.settings import DATA_DIR, DATABASES, STORAGES, TEMPLATES  # noqa: E402

STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# WhiteNoise warns of a missing folder, and a fresh clone has collected nothing into one.
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
# The clocks of tests leap; tests/operation/accounts sets both.
SESSION_IDLE_SECONDS, SESSION_SECONDS = 0, 10 * 365 * 24 * 60 * 60
IMPORT_IN_OWN_PROCESS = False  # a process of its own would not see the test's transaction
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and a browser's server share it as they do in an office.
    DATABASES["default"]["TEST"] = {"NAME": Path(os.environ["DX_DATA_DIR"]) / "test.sqlite3"}
DATABASES["default"].setdefault("TEST", {})["MIGRATE"] = False  # tests/tables.py


class UndefinedVariable(str):
    """Makes a template fail that names a variable which its view did not give."""

    def __contains__(self, item: str) -> bool:
        return item == "%s"

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"undefined template variable: {name}")


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")
