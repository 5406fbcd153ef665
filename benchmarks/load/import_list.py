"""A list of new procedures as a department sends one."""

from pathlib import Path

import openpyxl


def write_list(file: Path, rows: int) -> None:
    """Writes a workbook of ``rows`` procedures that the inventory does not have."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("一覧")
    sheet.append(["手続番号", "手続名", "根拠区分", "根拠法令", "担当者", "備考"])
    for number in range(rows):
        name = f"取り込む手続その{number}の申請"
        sheet.append([f"L-{number:05d}", name, "法令", f"第{number}法", "係", "一覧から"])
    book.save(file)
