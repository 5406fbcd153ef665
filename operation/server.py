"""The web server: one process with threads, which answers what it was asked before it stops."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

Application = Callable[..., Any]

CONNECTIONS = 500
"""Open at once: fifty browsers with six each, and room to reload."""
IDLE_SECONDS = 60
"""A connection on which nothing moves for so long is closed."""
BODY_BYTES = settings.IMPORT_MAX_BYTES + 5 * 1024**2
"""The largest file that an import takes, and the form around it."""
HEADER_BYTES = 64 * 1024
FINISH_SECONDS = 30
"""So long a stop waits for requests that are being answered."""


def serve(application: Application, ready: Callable[[], None]) -> None:
    """Answers requests at ``settings.LISTEN`` until SIGTERM or Ctrl+C.

    ``ready`` is called when it takes requests. Raises OSError where the address is taken,
    ValueError where it is none.
    """
    sockets: dict[int, wasyncore.dispatcher] = {}
    server = create_server(application, map=sockets, **_adjustments())
    stopping = _told_to_stop()
    ready()
    _tell_systemd("READY=1")
    while not stopping.is_set():
        wasyncore.loop(timeout=1, use_poll=True, map=sockets, count=1)
    _tell_systemd("STOPPING=1")
    _finish(sockets, time.monotonic() + FINISH_SECONDS)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets)


def _adjustments() -> dict[str, Any]:
    """What waitress is told.

    Only the proxy at ``settings.PROXY_ADDRESS`` may say who asks, and how; from anybody else these
    headers are taken away, so nobody can pretend to sit at another desk.
    """
    return {
        "listen": settings.LISTEN,
        "threads": settings.THREADS,
        "connection_limit": CONNECTIONS,
        "channel_timeout": IDLE_SECONDS,
        "max_request_body_size": BODY_BYTES,
        "max_request_header_size": HEADER_BYTES,
        "asyncore_use_poll": True,
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        **(
            {
                "trusted_proxy": settings.PROXY_ADDRESS,
                "trusted_proxy_count": 1,
                "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
            }
            if settings.BEHIND_PROXY
            else {}
        ),
    }


def _told_to_stop() -> threading.Event:
    """Is set by the first signal that asks for an end; a second one ends the process at once."""
    told = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):  # the last one is Windows' own
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), hear)
    return told


def _finish(sockets: dict[int, wasyncore.dispatcher], until: float) -> None:
    """Takes no more connections and answers what was asked; at most until ``until``."""
    for listener in [each for each in sockets.values() if isinstance(each, BaseWSGIServer)]:
        # Not its own close(): that takes away what wakes this loop when an answer is ready.
        wasyncore.dispatcher.close(listener)
    while time.monotonic() < until:
        channels = [each for each in sockets.values() if isinstance(each, HTTPChannel)]
        if not channels:
            return
        for channel in channels:
            if not (channel.requests or channel.request or channel.total_outbufs_len):
                channel.handle_close()
        wasyncore.loop(timeout=0.2, use_poll=True, map=sockets, count=1)


def _tell_systemd(state: str) -> None:
    """Tells the service manager, where there is one, so that ``systemctl start`` waits for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(state.encode(), address.replace("@", "\0", 1))
