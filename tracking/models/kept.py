"""The figures of the departments as they were last added up."""

from django.db import models


class KeptFigures(models.Model):
    """The figures of one department on the day ``on``; ``department_id`` 0 is 所管未定.

    ``whole`` and, by the key of the division ("" for none), ``divisions`` are ``Figures.as_json``;
    what is in the way, many times as long as the rest, stands beside the former in ``hindered``.
    All are kept as text, by which it is seen at once that nothing has changed.
    ``definition`` names the conditions under which they were counted. Written by
    ``tracking.kept_figures`` alone.
    """

    department_id = models.PositiveBigIntegerField(unique=True)
    on = models.DateField("基準日")
    definition = models.CharField(max_length=64)
    whole = models.TextField()
    hindered = models.TextField()
    divisions = models.TextField()

    class Meta:
        verbose_name = "集計の控え"
        verbose_name_plural = "集計の控え"

    def __str__(self) -> str:
        return f"{self.department_id} {self.on}"
