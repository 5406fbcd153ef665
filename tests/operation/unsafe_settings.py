"""The program's settings for a server without one of its protections: DX_TEST_CONTROL names it."""

import os

from shimonoseki_dx.settings import *  # noqa: F403

WSGI_APPLICATION = f"tests.operation.unsafe_server.{os.environ['DX_TEST_CONTROL']}"
