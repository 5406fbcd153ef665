"""Paths: no address, no name of a file leads out of the folder that it is for."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from procedures.evidence import FOLDER, clean_name, keep
from tests import factories
from tests.security.probing import content, signed_in

pytestmark = pytest.mark.django_db
CLIMBING = (
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "....//....//etc/passwd",
    "/etc/passwd",
    "%00../etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
)


@pytest.mark.parametrize("path", CLIMBING)
def test_static_files_are_of_their_folder_alone(people, path, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (tmp_path / "secret.txt").write_text("root:x:0:0")
    for place in (f"/static/{path}", "/static/../secret.txt", f"/{path}", f"/static//{path}"):
        response = signed_in(people["administrator"]).get(place)
        assert response.status_code in (301, 302, 404), place
        assert b"root:x:" not in content(response)


def test_uploads_have_no_address(people, world, settings):
    """What was brought in lies outside of what is served; a download asks for rights first."""
    assert not Path(settings.MEDIA_ROOT).is_relative_to(settings.STATIC_ROOT)
    for place in ("/uploads/", "/media/", "/var/", "/inventory.sqlite3", "/static/uploads/"):
        response = signed_in(people["administrator"]).get(place)
        assert response.status_code == 404, place
    address = reverse("exemption_evidence", args=[world["procedure"]])
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    "name", [*CLIMBING, "CON.pdf", "a\r\nSet-Cookie: x.pdf", "x.pdf/../../y.pdf"]
)
def test_a_file_is_kept_by_its_content_whatever_it_is_called(people, world, name):
    name = f"{name}.pdf" if not name.endswith(".pdf") else name
    place, shown = keep(ContentFile(b"%PDF-1.7 evidence", name))
    assert place.startswith(f"{FOLDER}/")
    assert default_storage.path(place).startswith(str(default_storage.location))
    assert "/" not in shown
    assert "\\" not in shown
    assert shown == clean_name(name)
    procedure = factories.ExemptionFactory(evidence=place, evidence_name=shown).procedure
    response = signed_in(people["member"]).get(reverse("exemption_evidence", args=[procedure.pk]))
    content(response)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers
