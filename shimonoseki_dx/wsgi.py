"""The WSGI entry point of the program."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shimonoseki_dx.settings")
application = get_wsgi_application()
