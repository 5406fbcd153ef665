"""The list of people as an office sends it for the yearly transfer: one row for each role.

Read through the gate of all files (``procedures.reference_data.files``); somebody with two roles
stands on two rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from tablib import Dataset

from procedures.models import Department, Role, TeamMembership, User
from procedures.models.organisation import TEAM_ROLES
from procedures.reference_data.cells import Cell, Choice, Reference
from procedures.reference_data.files import Book, Line, Problem, Table, Unusable, read_table
from procedures.spreadsheet.cell import CellError, is_blank, shown

USERNAME, NUMBER, NAME, MAIL = "ユーザー名", "職員番号", "氏名", "メールアドレス"
DEPARTMENT, ROLE, MOVE, WRONG = "部局室", "役割", "異動", "直すところ"
HEADINGS = (USERNAME, NAME, MAIL, DEPARTMENT, ROLE, MOVE)
_KNOWN = (*HEADINGS, NUMBER, WRONG)
_REQUIRED = (NAME, DEPARTMENT, ROLE)

TWO_KEYS = (
    "見出し「ユーザー名」と「職員番号」の両方があります。どちらか一方の列だけにしてください。"
)
NO_KEY = "見出し「ユーザー名」（または「職員番号」）の列がありません。列を加えてください。"
BLANK_KEY = "空欄です。ユーザー名（職員番号）を書いてください。"
BLANK_NAME = "新しい利用者の氏名が空欄です。氏名を書いてください。"
ROLE_WITHOUT_DEPARTMENT = "「{role}」の役割では、部局室を書いてください。"
DEPARTMENT_WITHOUT_NEED = "「{role}」は全庁の役割です。部局室を空欄にしてください。"
ENDED = "「{department}」は{day}で終わっています。今の部局室に直してください。"
TWO_ROLES = (
    "同じ人の同じ部局室（または全庁）の役割が{row}行目にもあります。どちらかを消してください。"
)
DISAGREES = "{row}行目にも同じ人がいますが、書いてある内容が違います。同じにしてください。"
LEAVES_AND_STAYS = "{row}行目と違います。転出・退職なら、その人の行をすべて同じにしてください。"

_LEAVING = Choice(
    [(False, "変更なし"), (True, "退職")],
    {
        **dict.fromkeys(("転入", "新規", "新規採用", "採用", "異動", "昇任", "復職"), False),
        **dict.fromkeys(("転出", "休職", "派遣", "離任"), True),
    },
)
_LEAVING.hint = "「転入」「新規」「異動」「変更なし」「転出」「退職」のいずれか"


@dataclass(frozen=True, slots=True)
class Post:
    """A role, in a department or for the whole office (None)."""

    role: Role
    department_id: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One person as the list has them; a value that is left blank is None: it stays as it is."""

    row: int
    username: str
    name: str | None
    mail: str | None
    posts: frozenset[Post]
    leaves: bool


def read(file: UploadedFile) -> Table:
    """The rows of an uploaded list. Raises ``Refused`` and ``Unusable``."""
    table = read_table(file, known=_KNOWN, required=_REQUIRED)
    if USERNAME in table.headings and NUMBER in table.headings:
        raise Unusable(Problem(TWO_KEYS))
    if not {USERNAME, NUMBER} & set(table.headings):
        raise Unusable(Problem(NO_KEY))
    return table


def people_of(table: Table, *, on: date) -> tuple[list[Listed], list[Problem]]:
    """Who stands in the list, in its order, and what is wrong with it; one query."""
    reading = _Reading(table, on)
    rows = [reading.row(line) for line in table.lines]
    people: dict[str, list[Listed]] = {}
    for row in filter(None, rows):
        people.setdefault(row.username, []).append(row)
    together = [reading.together(own) for own in people.values()]
    return together, reading.problems


def current_list(people: Iterable[User]) -> bytes:
    """The list as it is now, to be corrected and sent back; memberships are prefetched."""
    data = Dataset(headers=HEADINGS)
    for person in people:
        for post in person.memberships.all() or (None,):
            data.append((person.username, person.display_name, person.email, *_written(post), ""))
    return Book().export_data(data)


def with_reasons(table: Table, problems: Sequence[Problem]) -> bytes:
    """The list as it was sent, with what is wrong on each row; a workbook."""
    by_row: dict[int | None, list[str]] = {}
    for problem in problems:
        where = f"{problem.heading}：" if problem.heading else ""
        by_row.setdefault(problem.row, []).append(f"{where}{problem.message}")
    headings = [heading for heading in table.headings if heading != WRONG]
    data = Dataset(headers=[*headings, WRONG])
    for line in table.lines:
        texts = dict(zip(table.headings, line.texts, strict=True))
        data.append([*(texts[heading] for heading in headings), _joined(by_row.get(line.number))])
    return Book().export_data(data)


def _joined(sentences: Sequence[str] | None) -> str:
    return " ".join(sentences or ())


def _written(post: TeamMembership | None) -> tuple[str, str]:
    if post is None:
        return "", ""
    return str(post.department or ""), post.get_role_display()


class _Reading:
    """Reads row after row and keeps what is wrong with them."""

    def __init__(self, table: Table, on: date) -> None:
        self.problems: list[Problem] = []
        self._headings = table.headings
        self._on = on
        self._departments = Reference(Department)
        self._roles = Choice(Role.choices)

    def row(self, line: Line) -> Listed | None:
        """The person of one row; None where it cannot be told who that is."""
        texts = dict(zip(self._headings, line.texts, strict=True))
        key = USERNAME if USERNAME in texts else NUMBER
        username = self._value(line, key, texts, Cell()) or ""
        if not username:
            self._wrong(line, key, BLANK_KEY)
            return None
        self._check(line, key, "username", username)
        name = self._value(line, NAME, texts, Cell())
        mail = self._value(line, MAIL, texts, Cell())
        self._check(line, NAME, "display_name", name)
        self._check(line, MAIL, "email", mail)
        leaves = bool(self._value(line, MOVE, texts, _LEAVING))
        posts = frozenset() if leaves else self._posts(line, texts)
        return Listed(line.number, username, name, mail, posts, leaves)

    def together(self, rows: Sequence[Listed]) -> Listed:
        """The rows of one person as one."""
        first = rows[0]
        name, mail = first.name, first.mail
        posts = set(first.posts)
        for row in rows[1:]:
            if row.leaves != first.leaves:
                self.problems.append(Problem(LEAVES_AND_STAYS.format(row=first.row), row.row, MOVE))
            for heading, one, other in ((NAME, name, row.name), (MAIL, mail, row.mail)):
                if one is not None and other not in (None, one):
                    self.problems.append(Problem(DISAGREES.format(row=first.row), row.row, heading))
            name, mail = name or row.name, mail or row.mail
            if any(_same_place(post, held) for post in row.posts for held in posts):
                self.problems.append(Problem(TWO_ROLES.format(row=first.row), row.row, ROLE))
            posts |= row.posts
        return Listed(first.row, first.username, name, mail, frozenset(posts), first.leaves)

    def _posts(self, line: Line, texts: Mapping[str, str]) -> frozenset[Post]:
        department = self._value(line, DEPARTMENT, texts, self._departments)
        role = self._value(line, ROLE, texts, self._roles)
        if is_blank(texts[ROLE]) and department is not None:
            role = Role.MEMBER
        if role is None:
            return frozenset()
        label = Role(role).label
        if role in TEAM_ROLES and is_blank(texts[DEPARTMENT]):
            self._wrong(line, DEPARTMENT, ROLE_WITHOUT_DEPARTMENT.format(role=label))
        elif role not in TEAM_ROLES and department is not None:
            self._wrong(line, DEPARTMENT, DEPARTMENT_WITHOUT_NEED.format(role=label))
        elif department is not None and department.valid_to and department.valid_to < self._on:
            day = f"{department.valid_to:%Y-%m-%d}"
            self._wrong(line, DEPARTMENT, ENDED.format(department=department, day=day))
        return frozenset({Post(Role(role), department.pk if department else None)})

    def _value(self, line: Line, heading: str, texts: Mapping[str, str], cell: Cell):
        """What the cell holds; None where it is blank, missing or wrong, which is noted."""
        text = texts.get(heading, "")
        if is_blank(text):
            return None
        try:
            return cell.clean(text)
        except CellError as error:
            self._wrong(line, heading, f"「{shown(text)}」は{error.reason}。{error.advice}")
            return None

    def _check(self, line: Line, heading: str, field: str, value: str | None) -> None:
        """As the account's own field takes it."""
        if value is None:
            return
        try:
            User._meta.get_field(field).run_validators(value)
        except ValidationError as error:
            for message in error.messages:
                self._wrong(line, heading, message)

    def _wrong(self, line: Line, heading: str, message: str) -> None:
        self.problems.append(Problem(message, line.number, heading))


def _same_place(one: Post, other: Post) -> bool:
    """What the database holds once: a department's role, or the same role for the office."""
    if one.department_id is None:
        return one == other
    return one.department_id == other.department_id
