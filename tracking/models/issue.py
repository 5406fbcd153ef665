"""What stands in the way of going online and what is done about it: issues and shared measures."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, When

from procedures.models import Department, Procedure
from procedures.models.history import Versioned, history
from procedures.rules import Answer, Aspect, MeasureKind
from procedures.rules.wording import ANSWER_LABELS, ASPECT_LABELS, MEASURE_LABELS

MEASURE_CHOICES = [(kind.value, MEASURE_LABELS[kind]) for kind in MeasureKind]
ASPECT_CHOICES = [(aspect.value, ASPECT_LABELS[aspect]) for aspect in Aspect]
MANAGER = "指定管理者"


class SharedMeasure(Versioned):
    """共通の対応策: one measure on which the issues of many procedures wait (e.g. e-payment).

    ``department`` leads it; None is the information policy division.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "準備中"
        DONE = "done", "導入済"
        DROPPED = "dropped", "取りやめ"

    name = models.CharField("名称", max_length=100)
    aspect = models.CharField("支障", max_length=20, choices=ASPECT_CHOICES)
    kind = models.CharField("対応策の種類", max_length=32, choices=MEASURE_CHOICES)
    department = models.ForeignKey(
        Department,
        verbose_name="進める部局室",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="shared_measures",
        help_text="空欄は情報政策課です。",
    )
    owner = models.CharField("担当者", max_length=100, blank=True, default="")
    budget_year = models.PositiveIntegerField(
        "予算の年度",
        null=True,
        blank=True,
        validators=[MinValueValidator(1989), MaxValueValidator(2100)],
    )
    goes_live_on = models.DateField("利用開始の予定日", null=True, blank=True)
    state = models.CharField(
        "状態", max_length=8, choices=State.choices, default=State.PLANNED, db_index=True
    )
    note = models.TextField("備考", blank=True, default="")

    history = history()

    class Meta:
        verbose_name = "共通の対応策"
        verbose_name_plural = "共通の対応策"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(state="planned"),
                name="shared_measure_name_once_while_planned",
                violation_error_message="同じ名称の共通の対応策がすでにあります。",
            ),
            models.CheckConstraint(
                name="shared_measure_named",
                condition=~Q(name=""),
                violation_error_message="共通の対応策の名称を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IssueQuerySet(models.QuerySet):
    """Questions that the issues are asked."""

    def visible_to(self, user) -> "IssueQuerySet":
        """Those the person may read: everything, for whoever has signed in."""
        return self if user.is_authenticated else self.none()

    def open(self) -> "IssueQuerySet":
        """Those that have not ended, of procedures in force (not 廃止)."""
        return self.filter(state__in=OPEN_STATES, procedure__abolished_on__isnull=True)

    def with_forecast(self) -> "IssueQuerySet":
        """Adds ``forecast`` (見込み): the day by which the issue is expected to end, or null."""
        return self.annotate(forecast=FORECAST)


class Issue(Versioned):
    """課題: one obstacle of one procedure, the review of clause 3(2) for it, and how it ended.

    ``outcome`` is the survey answer that solving it gave to ``aspect``. An issue about the
    designated manager (指定管理者) has no aspect and changes no answer.
    """

    class State(models.TextChoices):
        OPEN = "open", "未着手"
        WORKING = "working", "対応中"
        SOLVED = "solved", "解決"
        DROPPED = "dropped", "取りやめ"

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="issues"
    )
    aspect = models.CharField("支障", max_length=20, choices=ASPECT_CHOICES, blank=True, default="")
    kind = models.CharField("対応策の種類", max_length=32, choices=MEASURE_CHOICES)
    measure = models.TextField("対応策の内容", blank=True, default="")
    shared_measure = models.ForeignKey(
        SharedMeasure,
        verbose_name="共通の対応策",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="issues",
    )
    owner = models.CharField("担当者", max_length=100, blank=True, default="")
    due = models.DateField("期限", null=True, blank=True)
    state = models.CharField(
        "状態", max_length=8, choices=State.choices, default=State.OPEN, db_index=True
    )
    outcome = models.CharField(
        "解決後の回答",
        max_length=12,
        choices=[(answer.value, ANSWER_LABELS[answer]) for answer in Answer],
        blank=True,
        default="",
    )
    outcome_note = models.TextField("結果", blank=True, default="")
    closed_on = models.DateField("終了日", null=True, blank=True)

    objects = IssueQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "課題"
        verbose_name_plural = "課題"
        ordering = ["procedure", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "aspect"],
                condition=Q(state__in=["open", "working"]),
                name="issue_one_open_per_obstacle",
                violation_error_message="この支障の課題は、すでに登録されています。",
            ),
            models.CheckConstraint(
                name="issue_closed_with_its_day",
                condition=Q(state__in=["solved", "dropped"], closed_on__isnull=False)
                | Q(state__in=["open", "working"], closed_on__isnull=True),
                violation_error_message="終わった課題には、終了日が要ります。",
            ),
            models.CheckConstraint(
                name="issue_solved_with_its_outcome",
                condition=Q(state="solved", outcome__in=["online", "not_needed"])
                | Q(state="solved", aspect="", outcome="")
                | (~Q(state="solved") & Q(outcome="")),
                violation_error_message=(
                    "課題を解決にするときは、支障が「不要」か「必要（オンライン可）」の"
                    "どちらになったかを選んでください。"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}の課題"

    @property
    def subject(self) -> str:
        """What the issue is about in Japanese: the aspect, or the designated manager."""
        return subject_of(self.aspect)

    @property
    def is_open(self) -> bool:
        """Whether the issue has not ended."""
        return self.state in OPEN_STATES


def subject_of(aspect: str) -> str:
    """What an issue about ``aspect`` (empty: the designated manager) is about, in Japanese."""
    return ASPECT_LABELS[Aspect(aspect)] if aspect else MANAGER


OPEN_STATES = (Issue.State.OPEN, Issue.State.WORKING)
# A measure that is in use or given up holds nobody back any more: then the issue's own date counts.
FORECAST = Case(
    When(
        shared_measure__state=SharedMeasure.State.PLANNED,
        shared_measure__goes_live_on__isnull=False,
        then=F("shared_measure__goes_live_on"),
    ),
    default=F("due"),
)
"""見込み of an issue: the go-live date of the planned measure on which it waits, else its own."""
