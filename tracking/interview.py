"""The questions of the guided interview (質問に答える), one table, and a walk through it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from procedures.rules import Answer, Aspect, label
from procedures.rules.wording import ANSWER_LABELS

YES, NO, UNKNOWN = "yes", "no", "unknown"
NOT_YET_KNOWN = "まだ分からない"


class Subject(StrEnum):
    """What a question is about: it decides what an answer does."""

    SCOPE = "scope"
    ASPECT = "aspect"
    SERVICE = "service"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: ``value`` is what the page sends, ``examples`` are cases from municipal work.

    ``hint`` stands in their place where nobody knows the answer yet.
    """

    value: str
    label: str
    examples: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``field`` is the attribute of the procedure that it asks for, and its key.

    ``clause`` is the number of the policy's clause, ``asks`` what that clause looks at and
    ``matters`` what hangs on the answer, both in words of the program. ``note_field`` is the
    attribute of a text that belongs to the answer, if there is one.
    """

    field: str
    subject: Subject
    title: str
    text: str
    clause: str
    asks: str
    matters: str
    choices: tuple[Choice, ...]
    note_field: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The attributes that an answer writes."""
        return (self.field, self.note_field) if self.note_field else (self.field,)

    @property
    def is_flag(self) -> bool:
        """A flag is stored as yes or no: it cannot say that nobody knows."""
        return self.subject in (Subject.SERVICE, Subject.MANAGER)

    def is_open(self, stored: str | bool) -> bool:
        """Whether ``stored``, the present value of the field, says that nobody has answered."""
        return not self.is_flag and stored == UNKNOWN

    def sent(self, stored: str | bool) -> str:
        """The value of the choice that stands for ``stored``."""
        if isinstance(stored, bool):
            return YES if stored else NO
        return stored

    def stored(self, sent: str) -> str | bool | None:
        """What to store for the choice ``sent``; None where the field stays as it is."""
        return _FLAGS[sent] if self.is_flag else sent

    def words(self, stored: str | bool) -> str:
        """``stored`` in the words of the choices."""
        return next(one.label for one in self.choices if one.value == self.sent(stored))


@dataclass(frozen=True, slots=True)
class Walk:
    """The questions that one interview asks, in order, and the one that is asked now."""

    questions: tuple[Question, ...]
    index: int

    @property
    def question(self) -> Question:
        """The question that is asked now."""
        return self.questions[self.index]

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return self.index + 1

    @property
    def count(self) -> int:
        """How many questions there are."""
        return len(self.questions)

    @property
    def previous(self) -> Question | None:
        """The question before it, if there is one."""
        return self.questions[self.index - 1] if self.index else None

    @property
    def following(self) -> Question | None:
        """The question after it; None at the end."""
        return self.questions[self.number] if self.number < self.count else None


def walk_to(field: str, among: Iterable[str] = ()) -> Walk | None:
    """The walk through the questions ``among`` (all, where none is named) that is at ``field``.

    An empty ``field`` is the first one. None where ``field`` is not among them.
    """
    named = set(among)
    questions = tuple(one for one in QUESTIONS if not named or one.field in named)
    fields = [one.field for one in questions]
    if not field:
        return Walk(questions, 0)
    return Walk(questions, fields.index(field)) if field in fields else None


def open_fields(stored: Mapping[str, str | bool]) -> tuple[str, ...]:
    """The questions that are still open, given each question's field with its present value."""
    return tuple(one.field for one in QUESTIONS if one.is_open(stored[one.field]))


def answer_words(aspect: Aspect, answer: Answer) -> str:
    """An answer to the question on ``aspect`` in the words of its choices."""
    return QUESTION_OF[aspect.value].words(answer.value)


_FLAGS: Mapping[str, bool | None] = {YES: True, NO: False, UNKNOWN: None}

_DOES_TO_CATEGORY = (
    "七つの項目のうち一つでも「オンライン不可」や「まだ分からない」があると、"
    "支障がないとは言えません。"
)
_DOES_TO_SERVICE = "使う電子申請サービスの種類が変わります。区分は変わりません。"


def _aspect(
    aspect: Aspect,
    text: str,
    asks: str,
    *,
    not_needed: tuple[str, ...],
    online: tuple[str, ...],
    offline: tuple[str, ...],
    words: Mapping[Answer, str] = ANSWER_LABELS,
    note_field: str = "",
) -> Question:
    examples = {
        Answer.NOT_NEEDED: not_needed,
        Answer.ONLINE: online,
        Answer.OFFLINE: offline,
    }
    return Question(
        field=aspect.value,
        subject=Subject.ASPECT,
        title=label(aspect),
        text=text,
        clause="方針3(1)②",
        asks=asks,
        matters=_DOES_TO_CATEGORY,
        choices=(
            *(Choice(answer.value, words[answer], shown) for answer, shown in examples.items()),
            Choice(UNKNOWN, NOT_YET_KNOWN, hint="担当者に聞いてから、後で答えられます。"),
        ),
        note_field=note_field,
    )


def _flag(
    field: str,
    title: str,
    text: str,
    asks: str,
    *,
    yes: tuple[str, ...],
    no: tuple[str, ...],
    subject: Subject = Subject.SERVICE,
    clause: str = "方針4",
    matters: str = _DOES_TO_SERVICE,
    unknown: str = "情報政策課に聞いてから、後で答えられます。",
) -> Question:
    return Question(
        field=field,
        subject=subject,
        title=title,
        text=text,
        clause=clause,
        asks=asks,
        matters=matters,
        choices=(
            Choice(YES, "はい", yes),
            Choice(NO, "いいえ", no),
            Choice(UNKNOWN, NOT_YET_KNOWN, hint=unknown),
        ),
    )


QUESTIONS: tuple[Question, ...] = (
    Question(
        field="scope",
        subject=Subject.SCOPE,
        title="対象かどうか",
        text="市民・会社・団体から、市の機関に出してもらう手続ですか。",
        clause="方針2",
        asks="個人・法人・団体から市の機関に向けた申請や届出などを、オンライン化の対象にしています。",
        matters="対象でない手続は、オンライン化率などの集計から外れます。区分は変わりません。",
        choices=(
            Choice(
                "inbound",
                "はい（市民等から市への手続）",
                ("住民票の写しの請求", "体育館の使用許可の申請", "自治会からの補助金の申請"),
            ),
            Choice(
                "outside",
                "いいえ（対象外）",
                (
                    "課から課への依頼や庁内の届出",
                    "市が送るだけのお知らせや納税通知",
                    "国や県が受け付け、市は関わらない申請",
                ),
            ),
            Choice(UNKNOWN, NOT_YET_KNOWN, hint="確かめるまでは、対象の手続として数えます。"),
        ),
    ),
    _aspect(
        Aspect.IDENTITY_CHECK,
        "申請した人が本人かどうかを確かめていますか。",
        "本人確認がそもそも要らないか、要る場合はオンラインで済むかを見ます。",
        not_needed=("住所と氏名を書いてもらうだけ", "講座の申込のように、だれからでも受け付ける"),
        online=(
            "マイナンバーカードの電子署名で足りる",
            "法人はGビズIDなどのログインで確かめられる",
        ),
        offline=(
            "窓口で顔写真付きの証明書の原本を見る",
            "実印と印鑑登録証明書を求めている",
        ),
    ),
    _aspect(
        Aspect.ATTACHMENTS,
        "申請書のほかに、書類を付けてもらっていますか。",
        "添付書類がそもそも要らないか、要る場合は電子データで出せるかを見ます。",
        not_needed=("申請書だけで受け付ける", "必要なことは市の台帳で確かめ、書類は求めない"),
        online=("写真やPDFで受け取れば足りる", "図面を電子データで受け取って審査できる"),
        offline=("印鑑登録証明書などの原本が要る", "大きな図面を紙で出してもらう"),
    ),
    _aspect(
        Aspect.IN_PERSON,
        "申請した人と、じかに会う必要がありますか。",
        "対面のやり取りがないか、ほかの方法に替えられるかを見ます。",
        not_needed=("書類の審査だけで決まる", "郵送でも受け付けている"),
        online=("面談をビデオ通話でできる", "説明を動画で見てもらい、確認の欄で済ませられる"),
        offline=("生活の様子を面談で聞き取る", "窓口で実技や体の状態を確かめる"),
    ),
    _aspect(
        Aspect.PHYSICAL_ITEM,
        "証や実物など、物を見たり預かったりしていますか。",
        "現物の確認がないか、写真や画像で代えられるかを見ます。",
        not_needed=("物は見ずに、書類だけで決まる", "証の番号を書いてもらえば足りる"),
        online=("日時の入った現場の写真で判定できる", "手帳の画像を送ってもらえば足りる"),
        offline=("手帳の原本に窓口で書き加える", "廃車のときに車両の標識を返してもらう"),
    ),
    _aspect(
        Aspect.DELIVERABLE,
        "手続の結果として、通知したり渡したりする物がありますか。",
        "通知や交付する物がないか、電子データで渡せるかを見ます。",
        not_needed=("届出を受け付けるだけで終わる", "後で別に送る物もない"),
        online=("決定の通知を申請サービスの画面で返せる", "許可書をPDFで渡せる"),
        offline=("許可証や手帳の原本を窓口で渡す", "鑑札やごみ袋などの物を渡す"),
    ),
    _aspect(
        Aspect.PAYMENT,
        "手続のときに、手数料や使用料を納めてもらいますか。",
        "お金の納付がないか、電子決済などで納められるかを見ます。",
        not_needed=("無料の手続", "減免の申請のように、お金を受け取らない手続"),
        online=(
            "クレジットカードやスマートフォン決済で納められる",
            "納付番号でネットから払える",
        ),
        offline=("窓口で現金を納めてもらう", "証紙や定額小為替で納めてもらう"),
    ),
    _aspect(
        Aspect.OTHER,
        "ここまでの項目のほかに、オンライン化の妨げになることがありますか。",
        "六つの項目に当てはまらない支障が残っていないかを見ます。",
        not_needed=("思い当たることがない", "すでにメールなどで受け付けたことがある"),
        online=("外国語の案内を画面に載せれば対応できる", "代理人の申請を委任状の画像で受けられる"),
        offline=("複数の人が同じ紙に署名する決まりがある", "紙の様式を使うことが定められている"),
        words={
            Answer.NOT_NEEDED: "ない",
            Answer.ONLINE: "あるが、オンラインで対応できる",
            Answer.OFFLINE: "ある（オンラインでは対応できない）",
        },
        note_field="other_note",
    ),
    _flag(
        "core_system",
        "基幹系システム",
        "住民記録・税・国民健康保険などの基幹系システムで処理する事務ですか。",
        "基幹系システムを使う事務の手続は、マイナポータルで受け付けます。",
        yes=("転入・転出の届出", "児童手当の認定の請求", "国民健康保険の加入の届出"),
        no=("講座やイベントの申込", "Excelの台帳だけで管理している届出"),
    ),
    _flag(
        "facility_booking",
        "公共施設の利用",
        "市の施設の利用を申し込む手続ですか。",
        "市の施設の利用申込などは、公共施設予約のサービスで受け付けます。",
        yes=("体育館や会議室の利用申込", "文化ホールの使用許可の申請"),
        no=("施設の改修に使う補助金の申請", "指定管理者の募集への応募"),
    ),
    _flag(
        "designated_service",
        "国・県等の指定",
        "国や県などから、使う電子申請サービスを指定されていますか。",
        "国や県などの指定があるときは、ほかの決まりより先に、指定のサービスを使います。",
        yes=(
            "国の省庁の受付システムを使うよう通知されている",
            "県の共通システムを指定されている",
        ),
        no=("どのサービスを使うか市で決められる", "案内はあるが、使うかどうかは任されている"),
    ),
    _flag(
        "legacy_service",
        "以前からの専用システム",
        "令和6年4月より前に課で用意した専用システムで、もうオンラインで受け付けていますか。",
        "方針ができる前からの専用システムでオンライン化した手続は、そのシステムを使い続けます。",
        yes=("令和5年度までに契約した受付システムを使っている", "図書館の貸出予約のシステムがある"),
        no=("専用システムの契約は令和6年4月より後", "システムはあるが、申請は紙で受けている"),
    ),
    _flag(
        "designated_manager",
        "指定管理者",
        "指定管理者が受付などを担当する手続ですか。",
        "指定管理者のシステムの安全と費用対効果を見ながら、進め方を一緒に考えます。",
        yes=(
            "体育館の受付を指定管理者がしている",
            "市民会館の利用料を指定管理者が受け取る",
        ),
        no=("市の職員が受け付けて決める", "窓口の業務委託で、指定管理ではない"),
        subject=Subject.MANAGER,
        clause="方針3(2)",
        matters="「はい」のときは、指定管理者と検討する対応策が加わります。区分は変わりません。",
        unknown="施設を所管する課に聞いてから、後で答えられます。",
    ),
)

QUESTION_OF: Mapping[str, Question] = {one.field: one for one in QUESTIONS}
