"""The list of packages: everything of the lock files, each with its licence, always the same."""

import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from operation import sbom as module
from operation.management.commands import sbom as command
from operation.sbom import LOCKS, sbom


@pytest.fixture(scope="module")
def components():
    return json.loads(sbom(settings.BASE_DIR))["components"]


def test_the_copy_in_the_documents_is_up_to_date():
    call_command("sbom", "--check")


def test_every_package_of_every_lock_file_is_named_once(components):
    locked = {
        line.split("==")[0]
        for file, _ in LOCKS
        for line in (settings.BASE_DIR / file).read_text().splitlines()
        if "==" in line
    }
    names = [one["name"] for one in components]
    assert sorted(names) == sorted({*locked, "design-tokens", "htmx"})
    scopes = {one["name"]: one["scope"] for one in components}
    assert (scopes["django"], scopes["weasyprint"]) == ("required", "optional")


def test_every_package_tells_its_licence(components):
    for one in components:
        (told,) = one["licenses"]
        assert told.get("expression") or any(told["license"].values()), one["name"]


def test_nothing_of_the_day_or_the_machine_stands_in_it():
    document = sbom(settings.BASE_DIR)
    assert document == sbom(settings.BASE_DIR)
    for word in ("timestamp", "serialNumber", str(settings.BASE_DIR), "https://", "index-url"):
        assert word not in document


def test_a_package_whose_licence_is_unknown_is_named(tmp_path, monkeypatch):
    for file, _ in LOCKS:
        (tmp_path / file).write_text("nobody-has-this==1.0 \\\n    --hash=sha256:00\n")
    with pytest.raises(LookupError, match="nobody-has-this"):
        module.sbom(tmp_path)


def test_an_outdated_copy_is_told(tmp_path, monkeypatch):
    copy = tmp_path / "sbom.json"
    monkeypatch.setattr(command, "FILE", copy)
    for text in (None, "{}"):
        if text:
            copy.write_text(text)
        with pytest.raises(CommandError) as caught:
            call_command("sbom", "--check")
        assert str(caught.value) == command.OUTDATED
    call_command("sbom")
    call_command("sbom", "--check")
