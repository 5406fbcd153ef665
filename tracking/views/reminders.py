"""お知らせ on the team's page, for people who have no mail address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from tracking.actions.reminders import put_away
from tracking.models import Reminder


@require_POST
def reminder_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """確認しました: the person's own reminder is no longer shown."""
    put_away(reminder=get_object_or_404(Reminder, pk=pk), by=request.user)
    return redirect("team")
