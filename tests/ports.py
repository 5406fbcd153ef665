"""A port on which a server of a test may listen."""

import socket


def free_port() -> int:
    """One on which nothing on this machine listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
