"""Which procedures are which of the national list, read and paired by hand.

``DEMO`` is about fixtures/demo_procedures.xlsx; it was made by reading both lists, not from the
workbook's own column. ``ELSEWHERE`` are names as other cities write them, without legal bases
(facts of 練馬区's open list of procedures, CC BY 4.0, and usual variants), with others that only
sound like it (None).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from python_calamine import CalamineWorkbook

from tracking.national_matching import Candidate, ListedItem, Match, Names, ids_of, suggest

FIXTURES = Path(__file__).parents[2] / "fixtures"
CATCH_ALL = frozenset({2, 3})
"""文化・スポーツ施設等の利用予約等, 研修・講習・各種イベント等の申込: no procedure is so called."""

DEMO: Mapping[int, tuple[str, ...]] = {
    1: ("200-0034",),
    2: (
        "110-0010", "110-0012", "110-0016", "110-0017", "110-0018", "110-0019", "130-0026",
        "200-0018", "200-0029", "200-0030", "200-0031", "200-0032", "200-0033",
    ),
    3: (
        "010-0005", "010-0012", "010-0016", "020-0029", "040-0043", "040-0045", "050-0022",
        "070-0020", "070-0022", "080-0010", "080-0020", "090-0004", "090-0010", "090-0011",
        "090-0012", "100-0020", "110-0021", "110-0022", "140-0015", "200-0020", "200-0022",
        "320-0005",
    ),
    4: ("030-0008", "030-0009", "030-0011", "030-0018", "030-0019", "030-0020"),
    8: ("300-0006", "300-0007", "300-0008"),
    9: ("140-0001", "140-0002", "140-0005", "140-0007"),
    10: ("120-0001", "151-0005"),
    14: ("130-0030",),
    15: ("080-0012",),
    16: ("080-0026",),
    17: ("070-0041", "070-0042"),
    18: ("070-0018",),
    19: ("020-0008",),
    20: ("020-0022", "020-0023"),
    21: ("020-0024", "020-0025"),
    22: ("410-0001",),
    23: (
        "320-0008", "320-0009", "320-0010", "320-0011", "320-0012", "320-0013", "320-0014",
        "320-0015", "320-0016",
    ),
    24: ("060-0001",),
    25: ("060-0002",),
    26: ("060-0003",),
    27: ("060-0004",),
    28: ("060-0005",),
    29: ("060-0006",),
    30: ("060-0007",),
    31: ("060-0008",),
    32: ("060-0009",),
    33: ("060-0010",),
    34: ("060-0032",),
    35: ("060-0033",),
    36: ("060-0034",),
    37: ("060-0022",),
    38: ("060-0020",),
    39: ("050-0024",),
    40: ("050-0025",),
    41: ("050-0026",),
    42: ("050-0027",),
    43: ("050-0028",),
    44: ("050-0029",),
    45: ("050-0030",),
    46: ("050-0031",),
    47: ("050-0032",),
    48: ("050-0033",),
    49: ("050-0034",),
    50: ("020-0013",),
    51: ("020-0019",),
    52: ("020-0020",),
    53: ("020-0021",),
    54: ("050-0001",),
    55: ("050-0002",),
    56: ("050-0003",),
    57: ("050-0004",),
    58: ("040-0003",),
    59: ("040-0004",),
}  # fmt: skip

ELSEWHERE: tuple[tuple[str, int | None], ...] = (
    ("り災証明書交付申請", 50),
    ("要介護認定（新規）申請", 39),
    ("要支援認定（新規）申請", 39),
    ("要介護更新認定申請", 40),
    ("要支援更新認定申請", 40),
    ("要介護認定区分変更認定申請", 41),
    ("要支援認定区分変更認定申請", 41),
    ("居宅サービス計画（ケアプラン）作成依頼届", 42),
    ("介護予防サービス計画作成依頼届", 42),
    ("負担割合証の再交付申請", 43),
    ("被保険者証の再交付申請", 44),
    ("介護保険負担限度額認定申請", 46),
    ("介護保険特定福祉用具購入費の支給申請", 47),
    ("介護保険住宅改修費支給申請", 48),
    ("転入時の要介護・要支援認定申請", 49),
    ("児童手当の受給資格の認定", 24),
    ("児童手当の増額改定", 25),
    ("児童手当の減額改定", 25),
    ("児童手当・特例給付の変更届(住所)", 26),
    ("児童手当・特例給付の変更届　（氏名）", 26),
    ("児童手当の受給資格の消滅", 27),
    ("未支払児童手当の請求", 28),
    ("児童手当の現況届", 33),
    ("教育・保育給付認定", 34),
    ("保育所等の利用申込（認定こども園および地域型保育事業のあっせんも含む）", 35),
    ("保育の現況調査", 36),
    ("児童扶養手当の現況届", 37),
    ("妊娠届出", 38),
    ("転出届", 58),
    ("道路占用許可申請（新規）", 10),
    ("粗大ごみの収集申込み", 15),
    ("飼い犬の登録", 17),
    ("飼い犬の死亡届", 17),
    ("市職員採用試験の受験申込み", 19),
    ("競争入札参加資格審査の申請", 20),
    ("不在者投票用紙の請求", 22),
    ("水道使用開始・中止の申込み", 8),
    ("図書の予約", 1),
    ("災害弔慰金の支給", 54),
    ("災害援護資金の貸付け", 56),
    ("転入届", None),
    ("転居届", None),
    ("世帯変更届", None),
    ("被災証明書交付申請", None),
    ("被災届出証明書交付申請", None),
    ("災害見舞金", None),
    ("児童扶養手当の受給資格認定", None),
    ("児童扶養手当の増額改定", None),
    ("未支払いの児童扶養手当", None),
    ("特別児童扶養手当の現況届", None),
    ("特別児童扶養手当の受給資格認定", None),
    ("延長保育の利用申込", None),
    ("休日保育の利用申込", None),
    ("病児・病後児保育利用登録申請", None),
    ("保育料支払証明書の申請", None),
    ("国民健康保険高額介護合算療養費支給申請", None),
    ("高齢者自立支援住宅改修費給付費支給申請", None),
    ("介護職員初任者研修受講料助成事業", None),
    ("要介護認定等の資料提供に係る申請", None),
    ("会計年度任用職員採用選考", None),
    ("住民票の写しの交付", None),
    ("印鑑登録証明の交付", None),
    ("審査請求", None),
    ("公文書公開請求", None),
    ("軽自動車税種別割減免申請", None),
    ("国民年金保険料学生納付特例申請書", None),
    ("身体障害者手帳の返還", None),
    ("避難行動要支援者名簿（旧災害時要援護者名簿）登録", None),
    ("自動車臨時運行許可申請", None),
    ("区民農園の利用申込", None),
)


@dataclass(frozen=True, slots=True)
class Quality:
    """How many pairs there are, how many were suggested, and how many of these are right."""

    pairs: int
    suggested: int
    right: int

    @property
    def precision(self) -> float:
        """Of what is suggested."""
        return self.right / self.suggested

    @property
    def recall(self) -> float:
        """Of what there is."""
        return self.right / self.pairs


def demo_quality(*, with_ids: bool, least: float = 0, without: frozenset[int] = frozenset()):
    """How good the suggestions on the demo are; ``without`` leaves some items aside."""
    numbers, matches = _demo_matches(with_ids)
    truth = {one: item for item, several in DEMO.items() for one in several}
    found = [(numbers[match.candidate], match) for match in matches]
    return _quality(found, truth, least, without)


def quality_elsewhere(least: float = 0) -> Quality:
    """The same of names as other cities write them, within the demo's names."""
    names = [name for name, _ in ELSEWHERE]
    candidates = [Candidate(key, name) for key, name in enumerate(names)]
    known = [item.name for item in listed()] + [row["手続名"] for row in demo_rows()]
    found = suggest(listed(), candidates, names=Names([*known, *names]))
    truth = {name: item for name, item in ELSEWHERE if item is not None}
    return _quality([(names[one.candidate], one) for one in found], truth, least, frozenset())


@cache
def listed() -> tuple[ListedItem, ...]:
    """The municipal procedures of the shipped list, their numbers as keys."""
    rows = json.loads((FIXTURES / "national_priority.json").read_text(encoding="utf-8"))
    items = [row["fields"] for row in rows if row["model"].endswith("nationalpriorityprocedure")]
    return tuple(
        ListedItem(
            item["number"],
            item["name"],
            item["legal_basis"],
            ids_of(item.get("national_ids", "")),
        )
        for item in items
        if item["applies_to_city"]
    )


@cache
def demo_rows() -> tuple[dict[str, str], ...]:
    """The rows of the demo workbook by heading."""
    book = CalamineWorkbook.from_path(FIXTURES / "demo_procedures.xlsx")
    _, headings, *rows = book.get_sheet_by_index(0).to_python()
    named = (dict(zip(headings, map(str, row), strict=True)) for row in rows)
    return tuple(row for row in named if row["手続名"] and row["手続名"] != "合計")


def demo_candidates(*, with_ids: bool) -> Iterator[Candidate]:
    """The demo's procedures from citizens to the city."""
    for key, row in enumerate(demo_rows()):
        basis = (row["根拠法令"], row["条項"])
        national_id = row["国の手続ID"] if with_ids else ""
        if row["対象区分"] != "対象外":
            yield Candidate(key, row["手続名"], (basis,) if basis[0] else (), national_id)


@cache
def _demo_matches(with_ids: bool) -> tuple[list[str], list[Match]]:
    rows = demo_rows()
    names = Names([*(item.name for item in listed()), *(row["手続名"] for row in rows)])
    found = suggest(listed(), demo_candidates(with_ids=with_ids), names=names)
    return [row["手続番号"] for row in rows], found


def _quality(
    found: list[tuple[str, Match]],
    truth: Mapping[str, int],
    least: float,
    without: frozenset[int],
) -> Quality:
    shown = [
        (name, match.item)
        for name, match in found
        if match.score >= least and match.item not in without
    ]
    right = sum(truth.get(name) == item for name, item in shown)
    return Quality(sum(item not in without for item in truth.values()), len(shown), right)
