"""The rival: django-import-export as it comes, in the two passes that its admin makes."""

from pathlib import Path
from typing import Any

from .import_tasks import Measurement, Settings, measured
from .office import enter

COLUMNS = {
    "national_id": "手続ID",
    "number": "手続ID",
    "name": "手続名",
    "name_key": "手続名",
    "summary": "申請書等に記載させる情報",
    "national_concern": "オンライン化の実施予定及び検討時の懸念点",
    "national_total_volume": "総手続件数",
    "national_online_volume": "オンライン手続件数",
}
"""Fewer than we take over, and as they stand: it knows no meanings, no bases and no rules."""


def import_by_defaults(office: Settings, file: Path) -> Measurement:
    """A dry run for the preview, then the import; each reads the workbook, as the admin does."""
    enter(office)
    from import_export.formats.base_formats import XLSX

    resource = _resource()
    content = file.read_bytes()
    with measured() as result:
        for is_preview in (True, False):
            dataset = XLSX().create_dataset(content)
            done = resource.import_data(dataset, dry_run=is_preview, raise_errors=True)
        result.rows = done.totals["new"]
    return result


def _resource() -> Any:
    from django.utils import timezone
    from import_export.fields import Field
    from import_export.resources import ModelResource
    from import_export.widgets import CharWidget, NumberWidget

    from procedures.models import Procedure

    class ProcedureResource(ModelResource):
        class Meta:
            model = Procedure
            fields = tuple(COLUMNS)
            import_id_fields = ("national_id",)

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.changed_at = timezone.now()  # the one column that has no default

    for name, heading in COLUMNS.items():
        widget = NumberWidget() if name.endswith("_volume") else CharWidget()
        ProcedureResource.fields[name] = Field(name, heading, widget, default="")
    return ProcedureResource()
