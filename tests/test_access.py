"""The access matrix: every address × every kind of person; one that is missing here fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from procedures import bulk_import
from procedures.models import Exemption, ImportRun, LegalBasis, Procedure, YearlyVolume
from tests import factories
from tests.workbooks import workbook
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "reader", "other_member", "member", "division_person", "administrator")
LOGIN, OK, NO, GONE_ON = "login", 200, 403, 302
INVALID = 422


@dataclass(frozen=True)
class Access:
    """What each of ``PEOPLE`` gets; ``target`` names the row that the address is about."""

    name: str
    expected: tuple[object, ...]
    method: str = "get"
    target: str = ""
    data: dict[str, Any] = field(default_factory=dict)


ANYONE = (OK,) * 6
SIGNED_IN = (LOGIN, OK, OK, OK, OK, OK)
OFFICE_WIDE = (LOGIN, NO, NO, NO, OK, OK)
ADMINISTRATORS = (LOGIN, NO, NO, NO, NO, OK)
OWN_GET = (LOGIN, NO, NO, OK, OK, OK)
# A form sent empty: whoever may edit is told what is missing, the others that they may not.
OWN_POST = (LOGIN, NO, NO, INVALID, INVALID, INVALID)

MATRIX = [
    Access("home", (LOGIN, GONE_ON, GONE_ON, GONE_ON, GONE_ON, GONE_ON)),
    Access("guide", ANYONE),
    Access("login", (OK, GONE_ON, GONE_ON, GONE_ON, GONE_ON, GONE_ON)),
    Access("logout", (GONE_ON,) * 6, "post"),
    Access("password_change", SIGNED_IN),
    Access("password_change_done", SIGNED_IN),
    Access("team", SIGNED_IN),
    Access("procedure_list", SIGNED_IN),
    Access("procedure_export", SIGNED_IN),
    Access("procedure_detail", SIGNED_IN, target="procedure"),
    Access("procedure_new", (LOGIN, NO, OK, OK, OK, OK)),
    Access("procedure_new", (LOGIN, NO, INVALID, INVALID, INVALID, INVALID), "post"),
    Access("row", SIGNED_IN, target="procedure"),
    Access("row_edit", OWN_GET, target="procedure"),
    Access("row_edit", OWN_POST, "post", "procedure"),
    Access("facts_edit", OWN_GET, target="procedure"),
    Access("facts_edit", OWN_POST, "post", "procedure"),
    Access("bases_edit", OWN_GET, target="procedure"),
    Access("bases_edit", OWN_POST, "post", "procedure"),
    Access("volume_set", OWN_GET, target="procedure"),
    Access("volume_set", OWN_POST, "post", "procedure"),
    Access("plan_edit", OWN_GET, target="procedure"),
    Access("plan_edit", OWN_POST, "post", "procedure"),
    Access("exemption_propose", OWN_GET, target="procedure"),
    Access("exemption_propose", OWN_POST, "post", "procedure"),
    Access("exemption_confirm", (LOGIN, NO, NO, NO, GONE_ON, NO), "post", "procedure"),
    Access("exemption_withdraw", (LOGIN, NO, NO, NO, GONE_ON, NO), "post", "procedure"),
    Access("unassigned", OFFICE_WIDE),
    Access("unassigned", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("dashboard", OFFICE_WIDE),
    Access("import_list", (LOGIN, NO, NO, NO, NO, INVALID), "post"),
    Access("import_list", ADMINISTRATORS),
    Access("import_template", ADMINISTRATORS),
    Access("import_detail", ADMINISTRATORS, target="run"),
    Access("import_apply", (LOGIN, NO, NO, NO, NO, GONE_ON), "post", "run"),
    Access("import_again", (LOGIN, NO, NO, NO, NO, GONE_ON), "post", "run"),
    Access("import_discard", (LOGIN, NO, NO, NO, NO, GONE_ON), "post", "run"),
]


def addresses(patterns: list[Any]) -> Iterator[str]:
    """The names of all addresses of the program; those of the admin are tested as a whole."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name


def test_every_address_is_in_the_matrix():
    named = set(addresses(get_resolver().url_patterns))
    assert named == {access.name for access in MATRIX}


@pytest.fixture
def world(department, administrator):
    """A procedure of ``department`` with everything that an address can be about."""
    procedure = factories.ProcedureFactory(department=department)
    factories.LegalBasisFactory(procedure=procedure)
    factories.ExemptionFactory(procedure=procedure)
    factories.PlanFactory(procedure=procedure)
    rows = [{"手続番号": "9", "手続名": "転入の届出", "部局室": department.name}]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    return {"procedure": procedure.pk, "run": run.pk}


@pytest.mark.parametrize("access", MATRIX, ids=lambda access: f"{access.method}-{access.name}")
@pytest.mark.parametrize("person", PEOPLE)
def test_access(access, person, world, client, request):
    expected = dict(zip(PEOPLE, access.expected, strict=True))[person]
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
    address = reverse(access.name, args=[world[access.target]] if access.target else [])
    before = _state()
    response = getattr(client, access.method)(address, access.data)
    if expected == LOGIN:
        assert response.status_code == 302
        assert response.url.startswith(reverse("login"))
    else:
        assert response.status_code == expected, response.content.decode()[:500]
    if expected in (LOGIN, NO, INVALID):
        assert _state() == before, "a refused request wrote something"


@pytest.mark.parametrize("access", MATRIX, ids=lambda access: f"{access.method}-{access.name}")
def test_the_other_method_writes_nothing(access, world, client, administrator):
    """A GET on what is sent, a POST on what is read: 405, or a form that says what is missing."""
    client.force_login(administrator)
    address = reverse(access.name, args=[world[access.target]] if access.target else [])
    before = _state()
    response = client.get(address) if access.method == "post" else client.post(address, {})
    assert response.status_code in (200, 302, 405, INVALID)
    assert _state() == before


@pytest.mark.parametrize("person", PEOPLE)
def test_the_admin_is_for_administrators(person, client, request, world, monkeypatch):
    # Templates of other packages may leave a variable out.
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
    for name in ("index", "procedures_department_changelist", "procedures_user_add",
                 "procedures_division_export"):  # fmt: skip
        response = client.get(reverse(f"admin:{name}"))
        assert response.status_code == (200 if person == "administrator" else 302), name


def _state() -> list[object]:
    """What a refused request must not have changed."""
    return [
        Procedure.history.count(),
        MigrationPlan.history.count(),
        LegalBasis.history.count(),
        Exemption.history.count(),
        YearlyVolume.history.count(),
        list(ImportRun.objects.values_list("pk", "state")),
        list(Procedure.objects.values_list("pk", "version")),
    ]
