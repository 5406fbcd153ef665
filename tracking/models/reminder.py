"""The reminders that people were sent, and whether by mail or in the program alone."""

from django.conf import settings
from django.db import models


class Reminder(models.Model):
    """お知らせ: what waited for one person's team on one day.

    ``mailed_to`` is the address to which it went; empty where the person has none and reads it in
    the program. ``seen_at`` is when the person put it away there.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders"
    )
    day = models.DateField("日")
    subject = models.CharField("件名", max_length=200)
    body = models.TextField("本文")
    mailed_to = models.EmailField("送信先", blank=True, default="")
    created_at = models.DateTimeField("作成日時")
    seen_at = models.DateTimeField("確認した日時", null=True, blank=True)

    class Meta:
        verbose_name = "お知らせ"
        verbose_name_plural = "お知らせ"
        ordering = ["-day", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="reminder_once_a_day")]

    def __str__(self) -> str:
        return self.subject
