"""``python -m tests.identity_provider``: makes the tables, says that it is ready, and answers."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.identity_provider.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from waitress import create_server  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
Application.objects.create(
    client_id=os.environ["PROVIDER_CLIENT"],
    client_secret=os.environ["PROVIDER_CLIENT_SECRET"],
    client_type=Application.CLIENT_CONFIDENTIAL,
    authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
    algorithm=Application.RS256_ALGORITHM,
    skip_authorization=True,
    redirect_uris="http://localhost/",  # people.py says which are meant
)
port = int(os.environ["PROVIDER_PORT"])
server = create_server(get_wsgi_application(), host="127.0.0.1", port=port, threads=2)
print("ready", flush=True)  # noqa: T201
server.run()
