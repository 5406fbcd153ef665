"""What pages show of exemptions: that of one procedure, and figures by ground and by month."""

from collections.abc import Sequence

from django.utils import timezone

from procedures.models import Exemption, Procedure, User
from procedures.permissions import can_confirm_exemption
from procedures.rules import ExemptionGround, Facts, PolicyRevision
from procedures.rules.wording import EXEMPTION_LABELS
from tracking.charts import Fill, Series, StackedBarChart, StackedRow, stacked_bar_chart
from tracking.exemption_figures import ExemptionMonth
from tracking.exemption_register import outcome, waits
from tracking.forms.exemption import (
    ConfirmForm,
    DecisionForm,
    RenewForm,
    ReturnForm,
    WithdrawForm,
)
from tracking.judgement import prospect_of
from tracking.selections import EXEMPT_GROUNDS, exempt_on
from tracking.stats import Figures

from .figures import Cell, Row, Rows, Table

State = Exemption.State

# What the division can decide on an exemption, by what that is now.
_DECISIONS: dict[str, tuple[type[DecisionForm], ...]] = {
    State.PROPOSED: (ConfirmForm, ReturnForm),
    State.RETURNED: (WithdrawForm,),
    State.CONFIRMED: (RenewForm, WithdrawForm),
    State.WITHDRAWN: (),
}


def exemption_section(
    user: User,
    procedure: Procedure,
    facts: Facts,
    policy: PolicyRevision,
    *,
    sent: DecisionForm | None,
) -> dict[str, object]:
    """The context of ``tracking/_exemption.html``; ``sent`` is a decision that was refused."""
    exemption = getattr(procedure, "exemption", None)
    may_confirm = can_confirm_exemption(user)
    context: dict[str, object] = {
        "exemption": exemption,
        "may_confirm": may_confirm,
        "decisions": {},
        "outcome": (),
        "exemption_holds": False,
        "waits": "",
    }
    if exemption is None:
        return context
    on = timezone.localdate()
    if may_confirm:
        forms = [form(exemption=exemption, on=on) for form in decisions_on(exemption)]
        context["decisions"] = {form.key: form for form in forms}
        if sent is not None and sent.key in context["decisions"]:
            context["decisions"][sent.key] = sent
    if exemption.state != State.WITHDRAWN:
        prospect = prospect_of(facts, ExemptionGround(exemption.ground), policy)
        is_confirmed = exemption.state == State.CONFIRMED
        context["exemption_holds"] = prospect.holds
        context["outcome"] = outcome(prospect, is_confirmed=is_confirmed)
        context["waits"] = waits(exemption, on)
    return context


def decisions_on(exemption: Exemption | None) -> tuple[type[DecisionForm], ...]:
    """What the division can decide on it as it is now."""
    return _DECISIONS[exemption.state] if exemption else ()


def ground_table(figures: Figures, rows: Rows) -> Table:
    """How many procedures are exempt on each ground, their volume, and what is online of them."""
    return Table(
        "根拠別の適用除外",
        "根拠",
        ("手続の数", "年間件数（分かるもの）", "オンライン化した手続"),
        tuple(
            _ground_row(EXEMPTION_LABELS[ground], exempt_on(ground), figures, rows)
            for ground in EXEMPT_GROUNDS
        ),
        _ground_row("計", "exempt", figures, rows),
    )


def month_table(months: Sequence[ExemptionMonth], rows: Rows) -> Table:
    """What was added and what ended, month by month, the oldest first as in the chart."""
    now = months[-1]
    return Table(
        "月ごとの適用除外（12か月）",
        "月",
        ("増えた手続", "終わった手続", "月末の手続の数"),
        tuple(
            Row(
                _month(month),
                (
                    Cell(f"{month.added_count:,}"),
                    Cell(f"{month.ended_count:,}"),
                    # Of all these numbers one is a set of rows: what is exempt now.
                    Cell(f"{month.standing_count:,}", rows.url("exempt") if month is now else ""),
                ),
            )
            for month in months
        ),
        None,
    )


def month_chart(months: Sequence[ExemptionMonth]) -> StackedBarChart:
    """The same as bars, the oldest month on top."""
    return stacked_bar_chart(
        "exemption-months",
        "月ごとに増えた適用除外と終わった適用除外",
        f"{_month(months[0])}から{_month(months[-1])}までの、増えた手続と終わった手続の数。"
        "数字は隣の表にあります。",
        [Series("増えた", Fill.SOLID), Series("終わった", Fill.DIAGONAL)],
        [StackedRow(_month(one), (one.added_count, one.ended_count)) for one in months],
    )


def _ground_row(name: str, key: str, figures: Figures, rows: Rows) -> Row:
    return Row(
        name,
        (
            Cell(f"{figures.counts[key]:,}", rows.url(key)),
            Cell(f"{figures.volumes[key]:,}", rows.url(key)),
            Cell(f"{figures.counts[f'{key}_online']:,}", rows.url(f"{key}_online")),
        ),
    )


def _month(month: ExemptionMonth) -> str:
    return f"{month.first.year}年{month.first.month}月"
