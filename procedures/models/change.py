"""Whose rows have changed since somebody last added them up."""

from django.db import models


class ChangedDepartment(models.Model):
    """A mark that a write leaves: the department (None: 所管未定) whose procedures it touched.

    ``is_everything`` where it may bear on any. Marks are only ever added by ``procedures.changes``
    and taken away by whoever has added up anew; so writers never wait for each other here.
    """

    department_id = models.PositiveBigIntegerField(null=True)
    is_everything = models.BooleanField(default=False)

    class Meta:
        verbose_name = "集計後の変更"
        verbose_name_plural = "集計後の変更"

    def __str__(self) -> str:
        return "全庁" if self.is_everything else str(self.department_id)
