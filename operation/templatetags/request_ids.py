"""The number of a request, on the pages that tell of an error."""

from django import template

from procedures import request_context

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """The number; known without a context, as the page of a 500 has none."""
    return request_context.request_id.get()
