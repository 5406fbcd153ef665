"""Template filter: a part of a chart as SVG."""

from django import template
from django.utils.safestring import SafeString

from tracking.svg import markup

register = template.Library()


@register.filter
def svg(part: object) -> SafeString:
    """A part of ``charts`` or ``line_charts`` as markup."""
    return SafeString(markup(part))
