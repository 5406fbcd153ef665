"""SBOM: every package that the program is made of, as CycloneDX JSON, from the lock files.

The same lock files give the same text: nothing of the machine, the day or a package index stands in
it, so that a copy can be compared; the hashes of the files are in the lock files. Whether a package
is known to be vulnerable is said where there is an internet, by a tool that reads this file
(docs/security/threat-model.md).
"""

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

REQUIRED, OPTIONAL = "required", "optional"
LOCKS = (
    ("requirements.txt", REQUIRED),
    ("requirements-office.txt", OPTIONAL),
    ("requirements-ldap.txt", OPTIONAL),
)
"""The lock files, and whether the program runs without what only that one names."""
PROGRAM = "shimonoseki-dx"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
# Licences of packages that are installed on some systems only.
_LICENCES = {
    "brotlicffi": "MIT",
    "django-auth-ldap": "BSD-3-Clause",
    "pyasn1": "BSD-2-Clause",
    "pyasn1-modules": "BSD-2-Clause",
    "python-ldap": "python-ldap",
    "tzdata": "Apache-2.0",
}
# Files of others that lie in our own folders, or in those of a package.
_STATIC = (
    (
        "design-tokens",
        "デジタル庁デザインシステムの色と余白（shimonoseki_dx/static/vendor/）",
        "MIT",
    ),
    ("htmx", "django-htmxに含まれるスクリプト", "0BSD"),
)


def sbom(root: Path) -> str:
    """The document for the lock files of ``root``.

    Raises ``LookupError`` for a package whose licence nobody has told.
    """
    components = [_component(*package) for package in _packages(root)]
    components += [_static_component(*files) for files in _STATIC]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": PROGRAM,
                "name": PROGRAM,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _packages(root: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and scope of each package, by name; the first lock file that has it counts."""
    found: dict[str, tuple[str, str, str]] = {}
    for file, scope in LOCKS:
        for line in (root / file).read_text(encoding="utf-8").splitlines():
            if pin := _PIN.match(line):
                found.setdefault(pin[1], (pin[1], pin[2], scope))
    yield from (found[name] for name in sorted(found))


def _component(name: str, version: str, scope: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "scope": scope,
        "licenses": [_licence(name)],
        "purl": purl,
    }


def _static_component(name: str, description: str, licence: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"static:{name}",
        "name": name,
        "description": description,
        "scope": REQUIRED,
        "licenses": [{"license": {"id": licence}}],
    }


def _licence(name: str) -> dict[str, Any]:
    """As the package itself says: an SPDX expression, else the words of its classifiers."""
    if name in _LICENCES:
        return {"license": {"name": _LICENCES[name]}}
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError as error:
        raise LookupError(f"{name} is not installed, so its licence is not known.") from error
    if expression := told.get("License-Expression"):
        return {"expression": expression}
    words = [
        one.rsplit(" :: ", maxsplit=1)[-1]
        for one in told.get_all("Classifier") or []
        if one.startswith("License :: ")
    ]
    named = " / ".join(words) or (told.get("License") or "").strip().splitlines()[0]
    return {"license": {"name": named}}
