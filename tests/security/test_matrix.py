"""The access matrix as evidence: how many cells hold, and that a missing check would be seen."""

import pytest
from django.test import Client

from procedures.permissions import Rights
from tests.security.probing import THOROUGH, answer, content, signed_in, taken_back
from tests.test_access import LOGIN, MATRIX, PEOPLE

pytestmark = pytest.mark.django_db
CELLS = [
    (access, person, expected)
    for access in MATRIX
    for person, expected in zip(PEOPLE, access.expected, strict=True)
]


@pytest.mark.once
@pytest.mark.evidence
def test_cells_of_the_matrix_and_what_a_missing_check_would_show(
    people, world, evidence, monkeypatch
):
    """tests/test_access.py asserts every cell; here they are counted, and tried without checks."""
    cells = CELLS if THOROUGH else CELLS[::25]
    assert _differences(cells, people, world) == 0
    everything = Rights(is_division=True, is_division_leader=True, is_administrator=True)
    monkeypatch.setattr("procedures.permissions.Rights", lambda **rights: everything)
    found = _differences(cells, people, world)
    assert found > len(cells) / 10
    evidence.says(
        "権限",
        "どの宛先も、その人の役割に許された答えだけを返す（宛先×役割の一覧表）。",
        f"宛先と方法{len(MATRIX)}種×{len(PEOPLE)}種類の人＝{len(CELLS)}マスの一覧表のうち、"
        f"{len(cells)}マスを試し、違い0。一覧表にない宛先は試験が見つける。",
        f"権限の判定を「誰でもできる」に変えると、同じ{len(cells)}マスのうち{found}マスの違いが"
        "見つかった。",
    )


def _differences(cells, people, world) -> int:
    """In how many cells the answer is not what the matrix says."""
    found = 0
    for access, person, expected in cells:
        client = Client() if person == "anonymous" else signed_in(people[person])
        with taken_back(client):
            response = answer(client, access, world)
            content(response)
        found += response.status_code != (302 if expected == LOGIN else expected)
    return found
