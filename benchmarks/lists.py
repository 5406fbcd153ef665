"""A list as an office has it, of any length, made up: what imports are measured with."""

from pathlib import Path

import openpyxl

HEADINGS = (
    "手続番号", "手続名", "部局室", "根拠区分", "根拠法令", "対象区分", "本人確認", "添付書類",
    "対面", "現物確認", "通知・交付物", "金銭納付", "担当者", "年度", "年間件数", "備考",
)  # fmt: skip
_ANSWERS = ("不要", "オンライン可", "要", "")


def write_list(path: Path, rows: int) -> None:
    """``rows`` procedures with bases, answers, an assignee and a volume."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("手続一覧")
    sheet.append(HEADINGS)
    for number in range(rows):
        answers = [_ANSWERS[(number // 4**place) % 4] for place in range(6)]
        sheet.append(
            [
                f"L-{number:07d}", f"手続その{number}に関する届出の申請", "市民部", "法令",
                f"第{number % 900}号法", "市民等から市", *answers, f"担当{number % 40}", 2025,
                number % 5_000, "",
            ]
        )  # fmt: skip
    book.save(path)
