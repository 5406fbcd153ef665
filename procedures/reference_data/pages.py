"""The pages of the admin on which reference data leaves as a file and comes in from one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.forms import ExportForm
from import_export.resources import modelresource_factory

from procedures.models import User
from procedures.spreadsheet.gate import Refused

from . import tickets
from .files import FORMATS, Problem, Table, Unusable, read_table
from .importing import Outcome, ReferenceResource

SHOWN_ROWS = 300  # of a preview or a list of problems: enough to judge by, light to load
MAX_MEGABYTES = 5

NO_FILE = "ファイルを選んでください。"
EMPTY_FILE = "ファイルが空です。中身のあるファイルを選び直してください。"
TOO_LARGE = (
    f"ファイルが大きすぎます（{MAX_MEGABYTES}MBまで）。画像や使っていないシートを除いてください。"
)
CHANGED_MEANWHILE = (
    "確認した後に登録内容が変わったため、何も書き込まずに止めました。"
    "今の内容と比べ直しましたので、もう一度確認してください。"
)
WRITTEN = "{what}を取り込みました。新規 {new}件、変更 {changed}件、変更なし {unchanged}件です。"
LOGGED = "ファイルの取込"


class FormatForm(ExportForm):
    """In which format a list is written out."""

    def __init__(self, formats, resources, **kwargs) -> None:
        super().__init__(formats, resources, **kwargs)
        self.fields["format"].label = "ファイルの形式"
        self.fields["format"].choices = self.fields["format"].choices[1:]  # without the empty one


class FileExport(ExportMixin):
    """Writes out what is shown, under Japanese headings."""

    formats = FORMATS
    export_form_class = FormatForm

    def get_resource_classes(self, request):
        """The columns of the model, in the order of its fields where no others are named."""
        if self.resource_classes:
            return self.resource_classes
        return [modelresource_factory(self.model, resource_class=ReferenceResource)]

    def get_export_filename(self, request, queryset, file_format) -> str:
        """The model and the day."""
        name, day = self.opts.model_name, timezone.localdate()
        return f"{name}-{day:%Y-%m-%d}.{file_format.get_extension()}"

    def init_request_context_data(self, request, form) -> dict[str, Any]:
        """What the page shows; it says which list is written out."""
        title = f"{self.opts.verbose_name}の書き出し"
        return super().init_request_context_data(request, form) | {"title": title}


class ReferenceFileForm(forms.Form):
    """A file of reference data, to be looked at before it is taken in."""

    file = forms.FileField(
        label="取り込むファイル",
        help_text="Excelブック（.xlsx）かCSV。",
        error_messages={"required": NO_FILE, "empty": EMPTY_FILE},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def clean_file(self):
        """The file, unless it is larger than a list of reference data can be."""
        file = self.cleaned_data["file"]
        if file.size > MAX_MEGABYTES * 1024 * 1024:
            raise forms.ValidationError(TOO_LARGE)
        return file


class FileImport(FileExport, ImportExportMixin):
    """Takes in a file: a preview that writes nothing, then all of it or nothing.

    ``resource_classes`` names the one resource whose columns the file has.
    """

    @method_decorator(require_http_methods(["GET", "POST"]))
    def import_action(self, request: HttpRequest, **kwargs) -> HttpResponse:
        """The page on which a file is chosen, and the preview of a chosen one."""
        resource = self._resource(request)
        if request.method == "GET":
            return self._import_page(request, form=ReferenceFileForm())
        form = ReferenceFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form=form, status=422)
        try:
            table = read_table(
                form.cleaned_data["file"],
                known=resource.get_diff_headers(),
                required=resource.required_headings,
            )
            return self._preview(request, table, resource.bring_in(table))
        except Unusable as reason:
            return self._import_page(request, form=form, problems=reason.problems, status=422)
        except (Refused, tickets.Invalid) as reason:
            form.add_error("file", str(reason))
            return self._import_page(request, form=form, status=422)

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs) -> HttpResponse:
        """Takes in what the person has seen, if it would still do the same."""
        resource = self._resource(request)
        try:
            table, digest = tickets.redeem(
                request.POST.get("ticket", ""), by=request.user, model=self.model
            )
        except tickets.Invalid as reason:
            messages.error(request, str(reason))
            return redirect(self._address("import"))
        outcome = resource.bring_in(table, shown_digest=digest)
        if not outcome.is_written:
            return self._preview(request, table, outcome, notice=CHANGED_MEANWHILE, status=409)
        self._log(request.user, outcome)
        counts = {"new": outcome.new_count, "changed": outcome.changed_count}
        what, unchanged = self.opts.verbose_name, outcome.unchanged_count
        messages.success(request, WRITTEN.format(what=what, unchanged=unchanged, **counts))
        return redirect(self._address("changelist"))

    def _resource(self, request: HttpRequest) -> ReferenceResource:
        if not self.has_import_permission(request):
            raise PermissionDenied
        return self.get_import_resource_classes(request)[0](by=request.user)

    def _preview(
        self, request: HttpRequest, table: Table, outcome: Outcome, *, notice="", status=200
    ) -> HttpResponse:
        if outcome.problems:
            form = ReferenceFileForm()
            return self._import_page(request, form=form, problems=outcome.problems, status=422)
        ticket = tickets.issue(table, outcome.digest, to=request.user, model=self.model)
        context = {"outcome": outcome, "table": table, "ticket": ticket, "notice": notice}
        context["rows"] = outcome.rows[:SHOWN_ROWS]
        context["hidden_count"] = len(outcome.rows) - len(context["rows"])
        return self._page(request, "admin/import_export/preview.html", context, status)

    def _import_page(
        self,
        request: HttpRequest,
        *,
        form: ReferenceFileForm,
        problems: tuple[Problem, ...] = (),
        status: int = 200,
    ) -> HttpResponse:
        resource = self._resource(request)
        context = {
            "form": form,
            "problems": problems[:SHOWN_ROWS],
            "problem_count": len(problems),
            "columns": resource.get_import_fields(),
            "required": resource.required_headings,
            "advice": resource.advice,
        }
        return self._page(request, self.import_template_name, context, status)

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        title = f"{self.opts.verbose_name}の取込"
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        return TemplateResponse(request, template, context, status=status)

    def _address(self, page: str) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name)

    def _log(self, by: User, outcome: Outcome) -> None:
        """Into the admin's own list of recent actions; the history has it already."""
        for flag, is_new in ((ADDITION, True), (CHANGE, False)):
            objects = [row.obj for row in outcome.rows if row.is_new is is_new]
            if objects:
                LogEntry.objects.log_actions(by.pk, objects, flag, change_message=LOGGED)
