"""A mail server on this machine that keeps what it is sent, and refuses whom it is told to."""

import contextlib
import email
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """``received`` holds the mails in the order in which they came, read as mail programs do.

    ``refused`` are addresses that it does not take. Asked for one of ``hangs_up_on`` it ends the
    connection and takes no further one, as a server that is being switched off.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.refused: set[str] = set()
        self.hangs_up_on: set[str] = set()
        self.port = 0
        self.close = lambda: None

    @property
    def subjects(self) -> list[str]:
        """The mails' subjects, without the blank that stands before a folded one."""
        return [mail["Subject"].strip() for mail in self.received]

    @property
    def recipients(self) -> list[str]:
        """To whom the mails went, one after the other."""
        return [mail["To"] for mail in self.received]

    async def handle_RCPT(self, server, session, envelope, address, options):
        """One recipient of a mail."""
        if address in self.hangs_up_on:
            self.close()
            return "421 4.3.2 closing"
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        """One whole mail."""
        mail = email.message_from_bytes(envelope.content, policy=default)
        self.received.append(mail)
        self.raw.append(envelope.content)
        return "250 OK"


@contextlib.contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """A mail server on a free port of this machine; ``options`` are those of aiosmtpd's SMTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=port, **options)
    controller.start()
    server.port, server.close = port, controller.server.close
    try:
        yield server
    finally:
        controller.stop()
