"""The control: the program's settings with Django's own backend for SQLite, no turns taken."""

from shimonoseki_dx.settings import *  # noqa: F403
from shimonoseki_dx.settings import DATABASES

DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
