"""What people set up for themselves: the columns of their lists, and conditions they keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.models import Department
from procedures.models.fields import CodesField

NAME_TAKEN = "同じ名前の条件がすでにあります。別の名前にしてください。"


class ListName(models.TextChoices):
    """The lists that a person can arrange."""

    TEAM = "team", "チームの手続"
    OFFICE = "list", "手続一覧"


class ColumnChoice(models.Model):
    """列の表示: which columns one person sees in one list, in their order."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="column_choices"
    )
    shown_on = models.CharField("一覧", max_length=4, choices=ListName.choices)
    columns = CodesField("列", max_length=1000)  # all of them, with room for more

    class Meta:
        verbose_name = "列の表示"
        verbose_name_plural = "列の表示"
        constraints = [
            models.UniqueConstraint(fields=["user", "shown_on"], name="columns_once_per_list")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_shown_on_display()}"


class SavedFilter(models.Model):
    """保存した条件: a list's conditions under a name, one's own or shared with a department.

    ``query`` is the query string of the list's address. With ``department`` the team of that
    department sees it too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField("名前", max_length=60)
    shown_on = models.CharField("一覧", max_length=4, choices=ListName.choices)
    query = models.CharField("条件", max_length=1000)
    department = models.ForeignKey(
        Department,
        verbose_name="共有する部局室",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="saved_filters",
    )

    class Meta:
        verbose_name = "保存した条件"
        verbose_name_plural = "保存した条件"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "shown_on", "name"],
                name="saved_filter_name_once",
                violation_error_message=NAME_TAKEN,
            ),
            models.CheckConstraint(
                name="saved_filter_named",
                condition=~Q(name=""),
                violation_error_message="条件の名前を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
