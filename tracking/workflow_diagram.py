"""The page docs/workflow.md, made from the table of the workflow. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from .workflow import REQUIREMENT_LABELS, REQUIREMENTS, STATUS_LABELS, USUAL_WAY, Status

_HEAD = """\
# 状況 of a migration plan

Made from the table in `tracking/workflow.py` by `manage.py workflow_diagram`; edit the table, not
this page. The arrows are the usual way. Any other move is allowed as well: offices correct
themselves. What a status requires is asked on every way into it, and each move is recorded with
who and when.
"""
_NOTHING = "（条件なし）"


def workflow_page() -> str:
    """The whole page: the usual way as a diagram, and what each status requires."""
    return "\n".join((_HEAD, "```mermaid", *_diagram(), "```", "", *_table(), ""))


def _diagram() -> Iterator[str]:
    unfinished = USUAL_WAY[:-1]
    yield "stateDiagram-v2"
    yield "    direction LR"
    for status in Status:
        yield f"    {status} : {STATUS_LABELS[status]}"
    yield '    state "オンライン化まで" as unfinished {'
    yield "        direction LR"
    yield f"        [*] --> {unfinished[0]}"
    for old, new in pairwise(unfinished):
        yield f"        {old} --> {new}"
    yield "    }"
    yield f"    {unfinished[-1]} --> {USUAL_WAY[-1]}"
    for status in Status:
        if status not in USUAL_WAY:
            yield f"    unfinished --> {status}"
            yield f"    {status} --> unfinished"


def _table() -> Iterator[str]:
    yield "| 状況 | その状況にするための条件 |"
    yield "|---|---|"
    for status in Status:
        needs = "<br>".join(REQUIREMENT_LABELS[need] for need in REQUIREMENTS[status])
        yield f"| {STATUS_LABELS[status]} | {needs or _NOTHING} |"
