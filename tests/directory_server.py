"""A real LDAP server (slapd) of its own for one test run, with an authority of its own for TLS."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ldap
from ldap.dn import escape_dn_chars
from ldap.modlist import addModlist

from operation.directory.configuration import Ldap
from tests.certificates import write_certificates
from tests.ldap_programs import slapd
from tests.ports import free_port

BASE = "dc=example,dc=lg,dc=jp"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
PROGRAM, PROGRAM_PASSWORD = f"cn=dx,{BASE}", "of the program"
PASSWORD = "庁内の correct horse"
_ROOT, _ROOT_PASSWORD = f"cn=root,{BASE}", "root of the test"
_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
# As careless servers are set up: a name without a password is let in as nobody.
allow bind_anon_dn
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "{base}"
rootdn "{root}"
rootpw "{root_password}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


class DirectoryServer:
    """The running server; what a test changes in it is gone after ``clear``."""

    def __init__(self, folder: Path, port: int, tls_port: int) -> None:
        self.ca_file = str(folder / "ca.pem")
        # Not localhost: the library takes that for the name of the machine.
        self.uri, self.tls_uri = f"ldap://127.0.0.1:{port}", f"ldaps://127.0.0.1:{tls_port}"
        self._connection = ldap.initialize(self.uri)

    @property
    def settings(self) -> Ldap:
        """How the program reaches it: over TLS from the first byte."""
        return Ldap(
            uri=self.tls_uri,
            bind_dn=PROGRAM,
            bind_password=PROGRAM_PASSWORD,
            user_base=PEOPLE,
            user_filter="(uid={user})",
            username_attribute="uid",
            id_attribute="entryUUID",
            group_base=GROUPS,
            group_filter="(member={dn})",
            ca_file=self.ca_file,
            starttls=False,
        )

    def connect(self) -> None:
        """Waits for the server's first answer."""
        self._connection.simple_bind_s(_ROOT, _ROOT_PASSWORD)

    def clear(self) -> None:
        """Leaves the two folders and the program's account, and nothing else."""
        for kind in (PEOPLE, GROUPS):
            with contextlib.suppress(ldap.NO_SUCH_OBJECT):
                for dn, _ in self._connection.search_s(kind, ldap.SCOPE_ONELEVEL, attrlist=["1.1"]):
                    self._connection.delete_s(dn)
        for dn, object_class, values in (
            (BASE, "domain", {"dc": "example"}),
            (PEOPLE, "organizationalUnit", {"ou": "people"}),
            (GROUPS, "organizationalUnit", {"ou": "groups"}),
            (
                PROGRAM,
                "person",
                {"cn": "dx", "sn": "dx", "userPassword": PROGRAM_PASSWORD},
            ),
        ):
            with contextlib.suppress(ldap.ALREADY_EXISTS):
                self._add(dn, object_class, values)

    def add_person(self, uid: str, name: str = "庁内 花子", password: str = PASSWORD) -> str:
        """A person, by the whole name."""
        dn = f"uid={uid},{PEOPLE}"
        values = {"uid": uid, "cn": uid, "sn": name, "displayName": name, "userPassword": password}
        self._add(dn, "inetOrgPerson", values | {"mail": f"{uid}@example.lg.jp"})
        return dn

    def set_group(self, name: str, *members: str) -> str:
        """Makes ``members`` (whole names) the only ones of a group, which is made where needed."""
        dn = f"cn={escape_dn_chars(name)},{GROUPS}"
        # A group must have a member; the folder itself is nobody.
        values = [member.encode() for member in members] or [PEOPLE.encode()]
        try:
            self._connection.modify_s(dn, [(ldap.MOD_REPLACE, "member", values)])
        except ldap.NO_SUCH_OBJECT:
            self._add(dn, "groupOfNames", {"cn": name, "member": list(members) or [PEOPLE]})
        return dn

    def rename(self, dn: str, uid: str) -> None:
        """Another user name for the same person."""
        self._connection.rename_s(dn, f"uid={uid}")

    def remove(self, dn: str) -> None:
        """Takes a person away."""
        self._connection.delete_s(dn)

    def _add(self, dn: str, object_class: str, values: dict[str, str | list[str]]) -> None:
        told = {"objectClass": [object_class], **values}
        listed = {
            name: [one.encode() for one in ([value] if isinstance(value, str) else value)]
            for name, value in told.items()
        }
        self._connection.add_s(dn, addModlist(listed))


@contextlib.contextmanager
def directory_server() -> Iterator[DirectoryServer]:
    """A server on free ports of this machine, gone with all it holds afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dx-slapd-"))
    (folder / "data").mkdir()
    write_certificates(folder)
    configuration = folder / "slapd.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, base=BASE, root=_ROOT, root_password=_ROOT_PASSWORD)
    )
    port, tls_port = free_port(), free_port()
    addresses = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    # -d keeps it in the foreground.
    command = [slapd(), "-f", str(configuration), "-h", addresses, "-d", "0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        server = DirectoryServer(folder, port, tls_port)
        _wait_for(server, process, folder / "log")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: DirectoryServer, process: subprocess.Popen, log: Path) -> None:
    for _ in range(200):
        try:
            server.connect()
        except ldap.SERVER_DOWN:
            assert process.poll() is None, log.read_text(errors="replace")
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))
