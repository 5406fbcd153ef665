"""What about a preview is unusual enough to ask the person once more before it is applied."""

from procedures.models import ImportRow
from procedures.spreadsheet.columns import STATUS_LABELS

from .comparing import Diff, RowDiff

BACKWARDS = (
    "状況が前の段階に戻る手続が{count}件あります（例：{example}、{old}→{new}）。"
    "古い表を取り込もうとしていないか確かめてください。"
)
MANY = (
    "表の{rows}行のうち{changed}行（3分の1より多く）で、台帳の内容が変わります。"
    "列や行がずれていないか確かめてください。"
)
FEWEST = 10  # changes that are many
_ORDER = [status for status in STATUS_LABELS if status != "on_hold"]


def cautions_of(diff: Diff) -> list[str]:
    """Sentences, none where nothing is unusual."""
    found = []
    backwards = [row for row in diff.rows if _goes_back(row)]
    if backwards:
        old, new = backwards[0].changes["plan"]["status"]
        found.append(
            BACKWARDS.format(
                count=len(backwards),
                example=backwards[0].procedure,
                old=STATUS_LABELS[old],
                new=STATUS_LABELS[new],
            )
        )
    counts = diff.counts
    changed = counts[ImportRow.Outcome.CHANGED]
    rows = sum(counts.values()) - counts[ImportRow.Outcome.PASSED_OVER]
    if changed >= FEWEST and changed * 3 > rows:
        found.append(MANY.format(rows=rows, changed=changed))
    return found


def _goes_back(row: RowDiff) -> bool:
    old, new = row.changes.get("plan", {}).get("status", (None, None))
    is_move = row.procedure is not None and old in _ORDER and new in _ORDER
    return is_move and _ORDER.index(new) < _ORDER.index(old)
