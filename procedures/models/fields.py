"""Field types of our own."""

from collections.abc import Iterable

from django.db import models


class CodesField(models.CharField):
    """An ordered set of short codes, kept as text with one blank between them.

    Reads as a tuple of strings and takes any iterable of strings. A lookup takes the text itself:
    ``obstacles__contains="payment"`` finds the rows that have the code, as no code is part of
    another one. Text, because it groups and filters alike on every database.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return self.to_python(value)

    def to_python(self, value):
        """The codes as a tuple; text is split at blanks."""
        if value is None:
            return None
        if isinstance(value, str):
            return tuple(value.split())
        return tuple(str(code) for code in value)

    def get_prep_value(self, value):
        """The text as stored."""
        if isinstance(value, Iterable) and not isinstance(value, str):
            return " ".join(str(code) for code in value)
        return super(models.CharField, self).get_prep_value(value)

    def value_to_string(self, obj):
        """The text for a fixture."""
        return self.get_prep_value(self.value_from_object(obj))

    def get_default(self):
        """No codes."""
        return self.to_python(super().get_default())

    def clean(self, value, model_instance):
        """As a tuple; the length is checked on the stored text."""
        self.run_validators(self.get_prep_value(value))
        return self.to_python(value)
