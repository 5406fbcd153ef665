"""Settings of a served process of the tests: the program's own, with plain static files.

To press and number all of them takes longer than everything else that such a test does.
"""

from shimonoseki_dx.settings import *  # noqa: F403
from shimonoseki_dx.settings import DATA_DIR, STORAGES

STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
STATIC_ROOT = DATA_DIR / "static"
