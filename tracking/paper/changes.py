"""The parts of the paper that say what moved, what is in the way, and what is late."""

from collections.abc import Sequence

from procedures.rules import ExemptionGround
from procedures.templatetags.inventory import era_day
from tracking.editions import EditionContent, EditionLate
from tracking.hindrances import Bound
from tracking.moves import Kind

from .parts import PROCEDURE_COLUMNS, Column, Section, Table, in_order

UNDECIDED = "未定"
FIRST_EDITION = "最初の版のため、前回との比較はありません。"
COUNTED = {
    Bound.CERTAIN: "効果は、未調査の項目がない手続だけで数えています。",
    Bound.POSSIBLE: "効果は、未調査の項目が支障にならないとして数えています。",
}
MOST = "「最大」は、未調査の項目が支障にならない場合です。年間件数は、分かっているものの合計です。"


def moves(content: EditionContent) -> Section:
    """前回からの動き: what came online, what else moved, and the exemptions."""
    if content.since is None:
        sentence, tables = FIRST_EDITION, (_exemptions_by_ground(content),)
    else:
        day = era_day(content.since)
        sentence = f"前回の版「{content.since_title}」（基準日{day}）からの動きです。"
        tables = (
            _counted(content),
            _newly_online(content),
            _newly_exempt(content),
            _exemptions_by_ground(content),
            _every_move(content),
        )
    return Section(
        "moves", "前回からの動き", "前回からの動き", sentences=(sentence,), tables=tables
    )


def _counted(content: EditionContent) -> Table:
    kinds, counts = content.labels["moves"], content.move_counts
    return Table(
        "動きの種類別の件数",
        (Column("動き", 30, is_text=True), Column("件数")),
        tuple((kinds[kind], counts[kind]) for kind in in_order(kinds, Kind) if counts.get(kind)),
        empty="前回からの動きはありません。",
    )


def _newly_online(content: EditionContent) -> Table:
    return Table(
        "新たにオンライン化した手続",
        (
            *PROCEDURE_COLUMNS,
            Column("前", 24, is_text=True),
            Column("今", 40, is_text=True),
        ),
        tuple(
            (move.number, move.name, move.department, move.before, move.after)
            for move in content.moves
            if move.kind == Kind.LAUNCHED
        ),
        empty="新たにオンライン化した手続はありません。",
        is_list=True,
    )


def _newly_exempt(content: EditionContent) -> Table:
    grounds = content.labels["grounds"]
    return Table(
        "新たに適用除外となった手続",
        (
            *PROCEDURE_COLUMNS,
            Column("根拠", 30, is_text=True),
            Column("条項", 20, is_text=True),
            Column("確認した日", 18),
        ),
        tuple(
            (
                one.number,
                one.name,
                one.department,
                grounds.get(one.ground, one.ground),
                one.article,
                one.confirmed_on,
            )
            for one in content.exemptions
        ),
        empty="新たに適用除外となった手続はありません。",
        is_list=True,
    )


def _exemptions_by_ground(content: EditionContent) -> Table:
    grounds, counts = content.labels["grounds"], content.exemptions_by_ground
    return Table(
        "適用除外の根拠別の手続の数",
        (Column("根拠", 40, is_text=True), Column("手続の数")),
        tuple(
            (grounds[ground], counts[ground])
            for ground in in_order(grounds, ExemptionGround)
            if counts.get(ground)
        ),
        ("計", sum(counts.values())),
        empty="適用除外の手続はありません。",
    )


def _every_move(content: EditionContent) -> Table:
    kinds = content.labels["moves"]
    return Table(
        "前回からの動き（すべて）",
        (
            *PROCEDURE_COLUMNS,
            Column("動き", 24, is_text=True),
            Column("前", 30, is_text=True),
            Column("後", 30, is_text=True),
        ),
        tuple(
            (
                move.number,
                move.name,
                move.department,
                kinds.get(move.kind, move.kind),
                move.before,
                move.after,
            )
            for move in content.moves
        ),
        is_on_paper=False,
    )


def obstacles(content: EditionContent) -> Section:
    """支障と対応: what stands in the way, and what solving it would free."""
    tables = (_by_aspect(content), _order(content)) if content.best_order else ()
    return Section("obstacles", "支障と対応", "支障", sentences=_next_steps(content), tables=tables)


def _by_aspect(content: EditionContent) -> Table:
    names = content.labels["aspects"]
    return Table(
        "支障ごとの手続の数",
        (
            Column("支障", 24, is_text=True),
            Column("この支障のある手続", 18),
            Column("解決すると支障がなくなる手続", 26),
            Column("その年間件数", 14),
            Column("最大の手続", 14),
            Column("最大の年間件数", 16),
        ),
        tuple(
            (
                names.get(one.aspect, one.aspect),
                one.procedure_count,
                one.freed_count,
                one.freed_applications,
                one.possible_count,
                one.possible_applications,
            )
            for one in sorted(content.obstacles, key=lambda one: -one.procedure_count)
            if one.procedure_count
        ),
    )


def _order(content: EditionContent) -> Table:
    names = content.labels["aspects"]
    return Table(
        "解決する順番（早く多くの手続の支障がなくなる順）",
        (
            Column("順番", 8),
            Column("支障", 24, is_text=True),
            Column("支障がなくなる手続", 18),
            Column("その年間件数", 14),
            Column("ここまでの手続", 14),
            Column("ここまでの年間件数", 18),
        ),
        tuple(
            (
                number,
                names.get(step.aspect, step.aspect),
                step.freed_count,
                step.freed_applications,
                step.free_count,
                step.free_applications,
            )
            for number, step in enumerate(content.best_order, start=1)
        ),
    )


def _next_steps(content: EditionContent) -> tuple[str, ...]:
    if not content.office.counts["unfinished"]:
        return ("オンライン化済でない手続はありません。",)
    free, names = content.free_count, content.labels["aspects"]
    sentences = [
        f"支障も未調査の項目もないのに、オンライン化済でない手続は{free:,}件"
        f"（年間{content.free_applications:,}件）です。"
        if free
        else "支障も未調査の項目もない手続は、すべてオンライン化済です。",
    ]
    if content.unsurveyed_count:
        sentences.append(
            f"支障は見つかっていないが未調査の項目がある手続は{content.unsurveyed_count:,}件です。"
        )
    if step := content.next_step:
        solved = "と".join(f"「{names.get(aspect, aspect)}」" for aspect in step.aspects)
        sentences.append(
            f"次に解決すると効果がもっとも大きいのは{solved}で、{step.freed_count:,}件の手続"
            f"（年間{step.freed_applications:,}件）の支障がなくなります。"
        )
    if content.best_order:
        sentences.append(COUNTED.get(content.order_bound, "") + MOST)
    return tuple(sentences)


def late(content: EditionContent) -> Section:
    """期限超過・国の期限に遅れる手続: those that are longest due."""
    counts = content.office.counts
    return Section(
        "late",
        "期限超過・国の期限に遅れる手続",
        "期限超過",
        tables=(
            _late_table(
                content,
                "期限超過の手続",
                content.overdue,
                counts["overdue"],
                "期限超過の手続はありません。",
            ),
            _late_table(
                content,
                "国の期限より遅い計画の手続",
                content.behind_national,
                counts["behind_national"],
                "国の期限より遅い計画はありません。",
            ),
        ),
    )


def _late_table(
    content: EditionContent, title: str, late: Sequence[EditionLate], count: int, empty: str
) -> Table:
    categories, statuses = content.labels["categories"], content.labels["statuses"]
    return Table(
        title,
        (
            *PROCEDURE_COLUMNS,
            Column("区分", 8, is_text=True),
            Column("状況", 14, is_text=True),
            Column("目標日", 18),
            Column("国の期限", 18),
            Column("年間件数"),
        ),
        tuple(
            (
                one.number,
                one.name,
                one.department,
                categories.get(one.category, one.category),
                statuses.get(one.status, one.status),
                one.target_date or UNDECIDED,
                one.due,
                one.annual_volume,
            )
            for one in late
        ),
        empty=empty,
        more=count - len(late),
        is_list=True,
    )
