"""The chain with many writers at once, as processes on either engine."""

import pytest

from tests import audit_work

WRITERS = 3
EACH = 9


@pytest.mark.evidence
@pytest.mark.parametrize("seals", [True, False], ids=["the chain", "its control"])
def test_many_writers_at_once_leave_one_chain_without_a_gap(office, seals, evidence, tmp_path):
    keys = office.call("tests.office_work:contested_rows", WRITERS)
    calls = [[seed, keys, EACH, seals, str(tmp_path), WRITERS] for seed in range(WRITERS)]

    office.call_together("tests.audit_work:write", calls)

    seen = office.call("tests.audit_work:look")
    expected = WRITERS * EACH * audit_work.ENTRIES_OF_ONE
    if seals:
        assert seen == {"written": expected, "problems": [], "unsealed": 0}
        evidence.says(
            "監査ログ",
            "同時に書いても、監査ログは1本の鎖になり、抜けも重なりもありません。",
            f"{WRITERS}プロセスが同時に{expected}件を記録し、検証で問題なし。",
            "鎖の終わりを押さえずに覚えておくだけだと、番号がぶつかって書けない項目が出る。",
        )
    else:
        assert seen["problems"] or seen["written"] < expected
