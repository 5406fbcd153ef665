"""Django's renderer of form fields, quicker where a field has hundreds of choices."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_SELECT = "django/forms/widgets/select.html"


class FormRenderer(DjangoTemplates):
    """Puts a choice together without a template for each option.

    The conditions of a list offer every department, division and service: as templates these
    were two thirds of the page's time.
    """

    def render(
        self, template_name: str, context: Mapping[str, Any], request: HttpRequest | None = None
    ) -> str:
        if template_name == _SELECT:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> SafeString:
    groups = ((_group(name, options),) for name, options, _ in widget["optgroups"])
    return format_html(
        '<select name="{}"{}>{}\n</select>',
        widget["name"],
        _attributes(widget["attrs"]),
        format_html_join("", "{}", groups),
    )


def _group(name: str | None, options: Iterable[Mapping[str, Any]]) -> SafeString:
    rows = format_html_join(
        "",
        '\n  <option value="{}"{}>{}</option>',
        (
            (str(option["value"]), _attributes(option["attrs"]), localize(option["label"]))
            for option in options
        ),
    )
    return format_html('\n  <optgroup label="{}">{}\n  </optgroup>', name, rows) if name else rows


def _attributes(attributes: Mapping[str, Any]) -> SafeString | str:
    if not attributes:
        return ""
    shown = ((name, value) for name, value in attributes.items() if value is not False)
    parts = (
        (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, str(value)),)
        for name, value in shown
    )
    return format_html_join("", "{}", parts)
