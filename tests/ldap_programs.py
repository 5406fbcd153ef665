"""What the LDAP tests need of the machine; standard library only, so that run.py can ask first."""

import os
import shutil
import sysconfig
from pathlib import Path

MISSING = (
    "The tests of the sign-in by LDAP are left out. On Debian or Ubuntu: "
    "apt-get install slapd gcc python3-dev libldap-dev libsasl2-dev"
)


def slapd() -> str | None:
    """The LDAP server's program, or None where it is not installed."""
    return shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def can_be_built() -> bool:
    """Whether python-ldap, of which there are no wheels, can be compiled and tried here."""
    headers = [Path("/usr/include/ldap.h"), Path("/usr/include/sasl/sasl.h")]
    headers.append(Path(sysconfig.get_paths()["include"]) / "Python.h")
    return all(path.exists() for path in headers) and bool(shutil.which("gcc") and slapd())
