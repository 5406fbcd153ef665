"""Choices are shown as Django would show them."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from shimonoseki_dx.form_renderer import FormRenderer

CHOICES = [
    ("", "（未定）"),
    (1, "<b>&\"'"),
    ("部", [("a", "総務課"), ("<", 2025)]),
    (None, "なし"),
]


@pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple])
@pytest.mark.parametrize("value", [None, "", 1, "1", ["a", "<"], True])
@pytest.mark.parametrize(
    "attributes", [{}, {"id": "x", "required": True, "disabled": False, "aria-label": '"<'}]
)
def test_a_choice_looks_as_django_shows_it(widget, value, attributes):
    field = widget(choices=CHOICES)
    ours = field.render("name", value, attributes, FormRenderer())
    theirs = field.render("name", value, attributes, DjangoTemplates())
    assert ours.split() == theirs.split()


def test_what_is_chosen_is_chosen():
    """The test above compares something."""
    shown = forms.Select(choices=CHOICES).render("name", "a", {}, FormRenderer())
    assert '<option value="a" selected>総務課</option>' in shown
    assert "&lt;b&gt;&amp;" in shown
