"""The page of the BPR sheet of one procedure (clause 2 ②)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from procedures.editing import Conflict
from procedures.models import Source
from procedures.permissions import check_can_edit
from tracking.actions.plans import review_of, update_review
from tracking.forms.review import ReviewForm

from .procedure import NO_CHANGE, readable

SAVED = "業務の見直しを保存しました。"


@require_http_methods(["GET", "POST"])
def review_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The four areas: what was found, what is decided, and whether it is done."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    data = request.POST if request.method == "POST" else None
    review = review_of(procedure)
    form = ReviewForm(data, obj=review, version=review.version)
    status = 200 if data is None else 422
    if form.is_valid():
        try:
            saved = update_review(
                procedure_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
                source=Source.FORM,
            )
        except Conflict as conflict:
            fresh = review_of(procedure)
            form = ReviewForm(obj=fresh, version=fresh.version, conflict=conflict)
            status = 409
        else:
            is_changed = saved.version != review.version
            messages.success(request, SAVED if is_changed else NO_CHANGE)
            return redirect("procedure_detail", pk)
    context = {"form": form, "procedure": procedure}
    return render(request, "tracking/review_form.html", context, status=status)
