"""The one table of columns that drives reading, preview, export, template and help."""

from collections.abc import Mapping

from .codes import APPLICANTS, PROCEDURE_KINDS, SCOPES, STATUSES, labels
from .column import CODES, Column, ColumnKind
from .keys import heading_key

__all__ = [
    "APPLICANT_LABELS",
    "CHOICES_SHEET",
    "CLEAR_WORD",
    "CODES",
    "COLUMNS",
    "GUIDE_SHEET",
    "KIND_LABELS",
    "LONGEST_HEADING",
    "REASON_HEADING",
    "SCOPE_LABELS",
    "STATUS_LABELS",
    "Column",
    "ColumnKind",
    "alias_rank",
    "column",
    "column_for",
]

CLEAR_WORD = "（空）"
"""What a cell says to empty a field; an empty cell keeps what is there."""

GUIDE_SHEET = "記入要領"
"""The sheet of our own workbooks that explains the columns; it holds no list."""

CHOICES_SHEET = "選択肢"
"""The hidden sheet of our own workbooks that holds the words of the drop-down lists."""

LONGEST_HEADING = 60
"""Characters of a heading, blanks included; what is longer is prose and is not looked at."""

REASON_HEADING = "取り込めない理由"
"""The last column of our own workbooks of rejected rows; it is passed over when they come back."""

APPLICANT_LABELS: Mapping[str, str] = labels(APPLICANTS)
KIND_LABELS: Mapping[str, str] = labels(PROCEDURE_KINDS)
SCOPE_LABELS: Mapping[str, str] = labels(SCOPES)
STATUS_LABELS: Mapping[str, str] = labels(STATUSES)


def column_for(heading: str) -> Column | None:
    """The column that a heading names, by its own word or an alias, blanks and width aside."""
    return _BY_HEADING.get(heading_key(heading)) if len(heading) <= LONGEST_HEADING else None


def column(key: str) -> Column:
    """The column of a key; KeyError where there is none."""
    return _BY_KEY[key]


def alias_rank(heading: str) -> int:
    """0 for a canonical heading, then the place among the aliases: the lower, the surer.

    A heading that names no column is KeyError.
    """
    return _RANKS[heading_key(heading)]


def _answer(key: str, heading: str, help_: str, aliases: tuple[str, ...]) -> Column:
    return Column(
        key=key,
        heading=heading,
        kind=ColumnKind.ANSWER,
        help=help_ + "必要でもオンラインで済むときは「オンライン可」にします。",
        width=13,
        example="不要",
        aliases=aliases,
    )


def _yes_no(key: str, heading: str, help_: str) -> Column:
    return Column(
        key=key,
        heading=heading,
        kind=ColumnKind.YES_NO,
        help=help_ + "空欄は「いいえ」です。",
        width=12,
        example="いいえ",
    )


COLUMNS: tuple[Column, ...] = (
    Column(
        key="number",
        heading="手続番号",
        kind=ColumnKind.CODE,
        help="台帳の番号です。新しい手続は空欄のままで、取込のときに番号が付きます。",
        width=12,
        example="A-001",
        aliases=("番号", "整理番号", "管理番号", "項番", "通番", "No", "No.", "手続ID"),
        max_length=50,
        is_clearable=False,
    ),
    Column(
        key="name",
        heading="手続名",
        kind=ColumnKind.TEXT,
        help="手続の名称です。どの行にも必要です。",
        width=40,
        example="住民票の写しの交付申請",
        aliases=(
            *("手続名称", "手続の名称", "行政手続名", "申請・届出名", "事務手続名"),
            *("件名", "書類正式名称"),
        ),
        max_length=400,
        is_required=True,
        is_clearable=False,
    ),
    Column(
        key="name_kana",
        heading="手続名よみ",
        kind=ColumnKind.TEXT,
        help="手続名の読みがなです。",
        width=24,
        example="じゅうみんひょうのうつしのこうふしんせい",
        aliases=("よみ", "ふりがな", "フリガナ"),
        max_length=400,
    ),
    Column(
        key="summary",
        heading="概要",
        kind=ColumnKind.TEXT,
        help="だれが、どんなときに、何をするための手続かを短く書きます。",
        width=40,
        example="住民票の写しを請求する手続です。",
        aliases=("手続の概要", "内容"),
    ),
    Column(
        key="department",
        heading="部局室",
        kind=ColumnKind.NAME_KEY,
        help="所管する部局室です。空欄の行は「所管未定」になります。",
        width=18,
        example="市民部",
        aliases=("部局", "部局名", "部局室名", "所管部局", "担当部局", "部"),
        max_length=150,
    ),
    Column(
        key="division",
        heading="課",
        kind=ColumnKind.NAME_KEY,
        help="所管する課です。庁内で一つだけの課名なら、部局室は空欄でもかまいません。",
        width=18,
        example="市民サービス課",
        aliases=(
            *("課名", "課所", "課所名", "担当課", "担当課所", "所管課"),
            *("所属", "所属名"),
        ),
        max_length=150,
    ),
    Column(
        key="applicants",
        heading="申請者",
        kind=ColumnKind.APPLICANTS,
        help="だれからの手続かです。いくつかあるときは「、」で区切ります。",
        width=16,
        example="個人、法人",
        aliases=("申請者区分", "手続主体", "対象者"),
    ),
    Column(
        key="kind",
        heading="手続類型",
        kind=ColumnKind.KIND,
        help="手続の種類です。",
        width=11,
        example="申請",
        aliases=("類型", "種別"),
    ),
    Column(
        key="scope",
        heading="対象区分",
        kind=ColumnKind.SCOPE,
        help=(
            "市民等（個人・法人・団体）から市への手続かどうかです（方針2）。"
            "「対象外」の手続はオンライン化率に入りません。"
        ),
        width=14,
        example="市民等から市",
        aliases=("手続の方向", "対象範囲"),
    ),
    Column(
        key="basis_level",
        heading="根拠区分",
        kind=ColumnKind.BASIS_LEVEL,
        help="根拠のうち、いちばん上位のものの区分です。",
        width=22,
        example="法令",
        aliases=("法令区分", "根拠種別"),
    ),
    Column(
        key="basis_name",
        heading="根拠法令",
        kind=ColumnKind.TEXT,
        help="根拠となる法令・条例・規則・要綱の名称です。",
        width=28,
        example="住民基本台帳法",
        aliases=("法令名", "根拠法令名", "根拠規定", "根拠条例等", "根拠例規"),
        max_length=300,
    ),
    Column(
        key="basis_article",
        heading="条項",
        kind=ColumnKind.TEXT,
        help="根拠の条・項・号です。",
        width=16,
        example="第12条第1項",
        aliases=("根拠条項", "根拠条項号"),
        max_length=200,
    ),
    Column(
        key="national_id",
        heading="国の手続ID",
        kind=ColumnKind.CODE,
        help="国の手続調査（悉皆調査）の手続IDです。分かるときだけ書きます。",
        width=13,
        example="12345",
        aliases=("国手続ID", "棚卸ID"),
        max_length=20,
    ),
    Column(
        key="national_priority",
        heading="優先手続番号",
        kind=ColumnKind.NAME_KEY,
        help="国の優先手続一覧にあるときに、その番号か名称を書きます（方針3(1)①）。",
        width=14,
        example="12",
        aliases=("優先手続", "優先59手続", "59手続"),
        max_length=300,
    ),
    _answer(
        "identity_check",
        "本人確認",
        "本人確認が要るかどうかです。",
        ("本人確認の要否", "本人確認の有無", "申請等における本人確認手法"),
    ),
    _answer(
        "attachments",
        "添付書類",
        "添付書類が要るかどうかです。",
        ("添付書類の有無", "申請時に添付させる書類", "添付"),
    ),
    _answer(
        "in_person",
        "対面",
        "対面での対応が要るかどうかです。",
        ("対面対応", "対面の要否", "窓口対応", "来庁"),
    ),
    _answer(
        "physical_item",
        "現物確認",
        "証書・手帳などの現物の確認が要るかどうかです。",
        ("現物の確認", "原本確認", "現物"),
    ),
    _answer(
        "deliverable",
        "通知・交付物",
        "申請した人に渡す通知や交付物があるかどうかです。",
        ("通知・交付", "交付物の有無", "交付物", "通知物"),
    ),
    _answer(
        "payment",
        "金銭納付",
        "手数料などの納付が要るかどうかです。",
        ("手数料の有無", "手数料等の納付有無", "手数料", "納付"),
    ),
    Column(
        key="other",
        heading="その他の支障",
        kind=ColumnKind.OTHER_ANSWER,
        help="ほかにオンライン化の支障があるときに、その内容を書きます。なければ「なし」です。",
        width=28,
        example="なし",
        aliases=("支障", "その他の課題"),
    ),
    _yes_no("designated_manager", "指定管理者", "指定管理者が担当する手続かどうかです。"),
    _yes_no("core_system", "基幹系システム", "基幹系システムを使う事務かどうかです。"),
    _yes_no("facility_booking", "公共施設予約", "公共施設の利用申込かどうかです。"),
    _yes_no(
        "designated_service",
        "国・県指定サービス",
        "国や県などが指定した電子申請サービスがあるかどうかです。",
    ),
    _yes_no(
        "legacy_service",
        "既存専用システム",
        "方針の前に調達した専用システムでオンライン化しているかどうかです。",
    ),
    Column(
        key="exemption_ground",
        heading="適用除外の根拠",
        kind=ColumnKind.EXEMPTION_GROUND,
        help="オンライン化の対象にしないときの根拠です（方針6）。確認されるまでは申出として扱います。",
        width=18,
        example="なし",
        aliases=("適用除外",),
    ),
    Column(
        key="exemption_article",
        heading="適用除外の条項",
        kind=ColumnKind.TEXT,
        help="適用除外を定める条項です。",
        width=18,
        max_length=200,
    ),
    Column(
        key="exemption_reason",
        heading="適用除外の理由",
        kind=ColumnKind.TEXT,
        help="オンライン化に向かない理由です。",
        width=28,
    ),
    Column(
        key="fiscal_year",
        heading="年度",
        kind=ColumnKind.FISCAL_YEAR,
        help="件数の年度です（4月から翌年3月）。",
        width=12,
        example="令和7年度",
        is_clearable=False,
    ),
    Column(
        key="total_volume",
        heading="年間件数",
        kind=ColumnKind.COUNT,
        help="その年度の申請などの件数です。分からないときは空欄にします（0は「0件」です）。",
        width=11,
        example="1200",
        aliases=(
            *("年間処理件数", "申請件数", "処理件数", "受付件数", "総手続件数"),
            "件数",
        ),
    ),
    Column(
        key="online_volume",
        heading="オンライン件数",
        kind=ColumnKind.COUNT,
        help="年間件数のうち、オンラインで受けた件数です。",
        width=13,
        example="300",
        aliases=("電子申請件数", "オンライン手続件数"),
    ),
    Column(
        key="status",
        heading="状況",
        kind=ColumnKind.STATUS,
        help="オンライン化の進み具合です。",
        width=15,
        example="未着手",
        aliases=("進捗", "ステータス", "オンライン化の実施状況"),
    ),
    Column(
        key="target_date",
        heading="目標日",
        kind=ColumnKind.DATE,
        help="オンライン化する予定の日です。令和の日付でも書けます。",
        width=13,
        example="2027-03-31",
        aliases=("予定日", "完了予定", "実施予定"),
    ),
    Column(
        key="launched_on",
        heading="開始日",
        kind=ColumnKind.DATE,
        help="オンラインで受け付け始めた日です。",
        width=13,
        example="2026-04-01",
        aliases=("実施日", "公開日"),
    ),
    Column(
        key="service",
        heading="利用サービス",
        kind=ColumnKind.NAME_KEY,
        help="使う電子申請サービスです（方針4）。",
        width=24,
        aliases=("電子申請", "システム"),
        max_length=150,
    ),
    Column(
        key="service_reason",
        heading="方針4と違うサービスを使う理由",
        kind=ColumnKind.TEXT,
        help="利用サービスの種別が方針4と違うときに、その理由を書きます。",
        width=28,
    ),
    Column(
        key="url",
        heading="URL",
        kind=ColumnKind.URL,
        help="オンライン申請のページのアドレスです。",
        width=30,
        example="https://www.example.jp/",
        aliases=("申請URL",),
        max_length=500,
    ),
    Column(
        key="national_due",
        heading="国の期限",
        kind=ColumnKind.DATE,
        help="国のスケジュールがあるときの期限です（方針5）。",
        width=13,
        aliases=("国のスケジュール",),
    ),
    Column(
        key="assignee",
        heading="担当者",
        kind=ColumnKind.TEXT,
        help="課で担当する人です。",
        width=14,
        aliases=("担当",),
        max_length=100,
    ),
    Column(
        key="note",
        heading="備考",
        kind=ColumnKind.TEXT,
        help="書き残したいことを自由に書きます。",
        width=30,
        aliases=("摘要", "特記事項"),
    ),
)

_BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
_RANKS: Mapping[str, int] = {
    heading_key(heading): rank
    for column in COLUMNS
    for rank, heading in enumerate((column.heading, *column.aliases))
}
_BY_HEADING: Mapping[str, Column] = {
    heading_key(heading): column
    for column in COLUMNS
    for heading in (column.heading, *column.aliases)
}
