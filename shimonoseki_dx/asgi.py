"""The ASGI entry point of the program."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shimonoseki_dx.settings")
application = get_asgi_application()
