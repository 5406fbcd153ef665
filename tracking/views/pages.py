"""Pages without data of their own: the way home and the guide."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from procedures.permissions import rights_of
from procedures.spreadsheet.columns import COLUMNS
from tracking.navigation import home_of


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Sends each person to the page of their work."""
    return redirect(home_of(rights_of(request.user)))


@login_not_required  # it holds no data, and is needed before the first sign-in too
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """使い方: first steps of the three groups of users, and the columns of the workbook."""
    return render(
        request,
        "tracking/guide.html",
        {"columns": COLUMNS, "stale_days": settings.STALE_DAYS},
    )
