"""What a person says of a whole import: the year of its volumes, who may go on with it."""

from django import forms
from django.utils import timezone

from procedures.bulk_import import possible_deputies
from procedures.fiscal_year import fiscal_year
from procedures.models import ImportRun, User
from procedures.templatetags.inventory import fiscal_year_label

OLDEST = 10  # years that are offered
NOBODY = "（いません）"


class FiscalYearForm(forms.Form):
    """The fiscal year of volumes that name none."""

    fiscal_year = forms.TypedChoiceField(label="件数の年度", coerce=int)

    def __init__(self, data, run: ImportRun) -> None:
        super().__init__(data, initial={"fiscal_year": run.fiscal_year})
        this_year = fiscal_year(timezone.localdate())
        years = {this_year - back for back in range(OLDEST)} | {run.fiscal_year or this_year}
        self.fields["fiscal_year"].choices = [
            (year, fiscal_year_label(year)) for year in sorted(years, reverse=True)
        ]


class DeputyForm(forms.Form):
    """The person who may go on with an import in the place of the one who brought it in."""

    deputy = forms.ModelChoiceField(
        User.objects.none(), label="代わりに取り込める人", required=False, empty_label=NOBODY
    )

    def __init__(self, data, run: ImportRun) -> None:
        super().__init__(data, initial={"deputy": run.deputy_id})
        self.fields["deputy"].queryset = possible_deputies(run).order_by("username")
