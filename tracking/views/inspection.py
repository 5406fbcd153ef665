"""点検: what the checks find in the inventory, and what of it somebody has looked at (確認済)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.models import Procedure
from procedures.permissions import check_can_inspect, rights_of
from tracking.actions.inspection import FindingsChanged, dismiss, take_back
from tracking.checks import CHECKS, SEVERITY_LABELS, Check, Place, Severity
from tracking.forms.fields import add_errors, is_key
from tracking.forms.inspection import DismissForm, InspectionFilter
from tracking.inspection import (
    Tally,
    dismissals_of,
    dismissed_keys,
    findings,
    inspected_by,
    open_details,
    open_keys,
    tallies,
    token_of,
)
from tracking.navigation import instruments

from .way_back import own_address

ROWS_PER_PAGE = 50
SAMPLE = 10
NOTHING_TO_DISMISS = "確認済にする内容がありません。直されたか、ほかの人が先に確認済にしています。"
FINDINGS_CHANGED = (
    "画面を表示した後に、点検の内容が変わりました（{count}件）。まだ何も記録していません。"
    "内容を確かめて、もう一度実行してください。"
)
DISMISSED = "「{title}」の{count}件を確認済にしました。"
NOTHING_CHOSEN = (
    "取り消す確認済が選ばれていません。左のチェックで選んでから、もう一度押してください。"
)
TAKEN_BACK = "{count}件の確認済を取り消しました。もう一度点検に出ます。"
GONE = "選んだ確認済は、ほかの人が先に取り消しています。"
_SEARCHED = 100  # characters that the search of the list takes
_BADGES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "plain"}


@dataclass(frozen=True, slots=True)
class Group:
    """The checks of one severity that have found something; ``badge`` is the kind of its badge."""

    severity: Severity
    label: str
    badge: str
    tallies: Sequence[Tally]

    @property
    def open_count(self) -> int:
        """How many findings wait for somebody."""
        return sum(tally.open_count for tally in self.tallies)

    @property
    def is_grave(self) -> bool:
        """Whether figures are false until somebody mends them."""
        return self.severity is Severity.ERROR and self.open_count > 0


@dataclass(frozen=True, slots=True)
class Mending:
    """The words and the address of the page on which findings of one place are mended."""

    words: str
    address: Callable[[Procedure], str]


@require_GET
def inspection(request: HttpRequest) -> HttpResponse:
    """How much each check finds or, with ``check`` in the address, what one of them finds."""
    filterset = _filter(request)
    if filterset.chosen_check:
        return _findings(request, filterset, filterset.chosen_check)
    counted = tallies(filterset.procedures, filterset.checks, timezone.localdate())
    groups = [
        Group(
            severity,
            words,
            _BADGES[severity],
            [one for one in counted if _belongs(one, severity)],
        )
        for severity, words in SEVERITY_LABELS.items()
    ]
    context = {
        "groups": [group for group in groups if group.tallies],
        "clean": [one.check for one in counted if not (one.open_count or one.dismissed_count)],
        "check_count": len(counted),
        "open_count": sum(group.open_count for group in groups),
    }
    return render(request, "tracking/inspection.html", _shell(request, filterset) | context)


@require_http_methods(["GET", "POST"])
def inspection_dismiss(request: HttpRequest) -> HttpResponse:
    """確認済 of the findings that the address means: what for, how many, and doing it.

    The address is that of their list, with ``procedure`` that of one row of it.
    """
    filterset = _filter(request)
    check, on = filterset.chosen_check, timezone.localdate()
    seen = _meant(request, filterset, check) if check else {}
    if check is None or not seen:
        return _nothing_to_dismiss(request)
    form = DismissForm(request.POST if request.method == "POST" else None, on=on)
    status, notice = 422 if form.is_bound else 200, ""
    if form.is_valid():
        try:
            return _dismiss(request, check, seen, form)
        except FindingsChanged:
            seen = _meant(request, filterset, check)
            if not seen:  # the button was pressed twice at the same moment
                return _nothing_to_dismiss(request)
            status, notice = 409, FINDINGS_CHANGED.format(count=f"{len(seen):,}")
        except ValidationError as error:
            add_errors(form, error)
    context = {
        "check": check,
        "form": form,
        "count": len(seen),
        "sample": findings(check, list(seen)[:SAMPLE], on),
        "token": token_of(seen),
        "notice": notice,
        "list_url": _address("inspection", request),
    }
    return render(request, "tracking/inspection_dismiss.html", context, status=status)


@require_GET
def inspection_dismissed(request: HttpRequest) -> HttpResponse:
    """What is 確認済 now: by whom, why, until when; ticked ones can be taken back."""
    filterset = _filter(request)
    checks = [filterset.chosen_check] if filterset.chosen_check else filterset.checks
    keys = dismissed_keys(filterset.procedures, checks, timezone.localdate())
    page = Paginator(keys, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(row, CHECKS[row.check_key]) for row in dismissals_of(page)],
        "next": request.get_full_path(),
    }
    shell = _shell(request, filterset)
    return render(request, "tracking/inspection_dismissed.html", shell | context)


@require_POST
def inspection_take_back(request: HttpRequest) -> HttpResponse:
    """Takes the ticked dismissals back."""
    check_can_inspect(request.user)
    chosen = {int(key) for key in request.POST.getlist("dismissals") if is_key(key)}
    if not chosen:
        messages.error(request, NOTHING_CHOSEN)
    elif count := take_back(keys=chosen, by=request.user):
        messages.success(request, TAKEN_BACK.format(count=f"{count:,}"))
    else:
        messages.info(request, GONE)
    back = own_address(request, request.POST.get("next"))
    return redirect(back or reverse("inspection_dismissed"))


def _nothing_to_dismiss(request: HttpRequest) -> HttpResponse:
    messages.info(request, NOTHING_TO_DISMISS)
    return redirect(_address("inspection", request))


def _filter(request: HttpRequest) -> InspectionFilter:
    check_can_inspect(request.user)
    return InspectionFilter(request.GET, user=request.user, queryset=inspected_by(request.user))


def _shell(request: HttpRequest, filterset: InspectionFilter) -> dict[str, object]:
    """What stands on each of the pages: the tabs of the division, the filter and its address."""
    is_office_wide = rights_of(request.user).is_office_wide
    return {
        "instruments": instruments("inspection") if is_office_wide else [],
        "filter": filterset,
        "querystring": _query(request),
        "unit_query": _query(request, "check", "severity"),
    }


def _findings(request: HttpRequest, filterset: InspectionFilter, check: Check) -> HttpResponse:
    on = timezone.localdate()
    keys = open_keys(check, filterset.procedures, on)
    page = Paginator(keys, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    mending = _MENDING[check.place]
    context = {
        "check": check,
        "severity": SEVERITY_LABELS[check.severity],
        "badge": _BADGES[check.severity],
        "page_obj": page,
        "mending": mending.words,
        "rows": [
            (finding, mending.address(finding.procedure))
            for finding in findings(check, list(page), on)
        ],
    }
    shell = _shell(request, filterset)
    return render(request, "tracking/inspection_findings.html", shell | context)


def _belongs(tally: Tally, severity: Severity) -> bool:
    has_any = tally.open_count or tally.dismissed_count
    return bool(has_any) and tally.check.severity is severity


def _meant(request: HttpRequest, filterset: InspectionFilter, check: Check) -> Mapping[int, str]:
    """The findings of ``check`` in the list of the address, or in one procedure of it."""
    procedures = filterset.procedures
    if "procedure" in request.GET:
        key = request.GET["procedure"]
        procedures = procedures.filter(pk=key) if is_key(key) else procedures.none()
    return open_details(check, procedures, timezone.localdate())


def _dismiss(
    request: HttpRequest, check: Check, seen: Mapping[int, str], form: DismissForm
) -> HttpResponse:
    """Raises ``FindingsChanged`` where ``seen`` is not what the page had shown."""
    if form.cleaned_data["seen"] != token_of(seen):
        raise FindingsChanged
    count = dismiss(
        check=check,
        seen=seen,
        reason=form.cleaned_data["reason"],
        until=form.cleaned_data["until"],
        by=request.user,
    )
    messages.success(request, DISMISSED.format(title=check.title, count=f"{count:,}"))
    return redirect(_address("inspection", request))


def _query(request: HttpRequest, *without: str) -> str:
    """The query of the address without its page and ``without``: empty, or ending in "&"."""
    left_out = {"page", "procedure", *without}
    query = {name: sent for name, sent in request.GET.items() if sent and name not in left_out}
    return f"{urlencode(query)}&" if query else ""


def _address(name: str, request: HttpRequest) -> str:
    query = _query(request).removesuffix("&")
    return f"{reverse(name)}?{query}" if query else reverse(name)


def _page_of(name: str, anchor: str = "") -> Callable[[Procedure], str]:
    return lambda procedure: reverse(name, args=[procedure.pk]) + anchor


def _namesakes(procedure: Procedure) -> str:
    return f"{reverse('procedure_list')}?{urlencode({'q': procedure.name[:_SEARCHED]})}"


_MENDING: Mapping[Place, Mending] = {
    Place.FACTS: Mending("内容を編集", _page_of("facts_edit")),
    Place.PLAN: Mending("計画を編集", _page_of("plan_edit")),
    Place.BASES: Mending("根拠法令を編集", _page_of("bases_edit")),
    Place.VOLUMES: Mending("件数を入力", _page_of("volume_set")),
    Place.ISSUES: Mending("課題を見る", _page_of("procedure_detail", "#issues")),
    Place.EXEMPTION: Mending("適用除外を見る", _page_of("procedure_detail", "#exemption")),
    Place.NAMESAKES: Mending("同じ名前の手続を見る", _namesakes),
    Place.IMPORT: Mending("一覧表を取り込む", lambda procedure: reverse("import_list")),
}
