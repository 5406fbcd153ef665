"""変更なし確認 of one procedure, from its page or from its row in a list."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from procedures.models import Source
from tracking.actions.bulk import Versions, confirm_row
from tracking.forms.bulk import SeenForm

from .rows import answer, load, next_of

CONFIRMED = "「{name}」に変更がないことを確認しました。"
UNSEEN = Versions(0, 0)


@vary_on_headers("HX-Request")
@require_POST
def procedure_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Notes that nothing has changed; refused where somebody changed it since it was shown."""
    procedure = load(request, pk)
    sent = SeenForm(request.POST)
    seen = sent.cleaned_data["seen"] if sent.is_valid() else {}
    try:
        confirm_row(procedure_id=pk, seen=seen.get(pk, UNSEEN), by=request.user, source=Source.FORM)
    except ValidationError as error:
        message, tell, status = " ".join(error.messages), messages.error, 409
    else:
        message, tell, status = CONFIRMED.format(name=procedure.name), messages.success, 200
    if request.htmx:
        return answer(request, load(request, pk), message=message, status=status)
    tell(request, message)
    return redirect(next_of(request, procedure))
