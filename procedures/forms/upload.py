"""Choosing a list to be looked at: a file, or text pasted from Excel."""

from datetime import date

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile, File

NOTHING_CHOSEN = "ファイルを選んでください。Excelから写した表なら、下の欄に貼り付けてください。"
BOTH_CHOSEN = "ファイルと貼り付けの両方があります。どちらか一つにしてください。"
EMPTY_FILE = "ファイルが空です。内容のあるファイルを選んでください。"
TOO_LARGE = "ファイルが大きすぎます。{limit}MB以下に分けて取り込んでください。"
PASTED_NAME = "貼り付け_{on}.tsv"


class UploadForm(forms.Form):
    """A list to be looked at before it is taken in: exactly one of a file and pasted text."""

    file = forms.FileField(
        label="取り込むファイル",
        required=False,
        help_text="Excelブック（.xlsx・.xlsm・.xls）、OpenDocument（.ods）、CSV、タブ区切りテキスト"
        "（.csv・.tsv・.txt）。国の悉皆調査のファイルもそのまま読み取れます。",
        error_messages={"empty": EMPTY_FILE},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"}),
    )
    pasted = forms.CharField(
        label="または、Excelから写した表を貼り付ける",
        required=False,
        strip=False,
        help_text="見出しの行も含めてExcelで範囲を選び、コピーして、ここに貼り付けます。",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    confirms_exemptions = forms.BooleanField(
        label="適用除外を確認済として取り込む",
        required=False,
        help_text="チェックしない場合は、申出（情報政策課の確認待ち）として取り込みます。",
    )

    def __init__(self, *args, may_confirm: bool, **kwargs) -> None:
        """``may_confirm``: whether the person may decide exemptions by an import."""
        super().__init__(*args, **kwargs)
        if not may_confirm:
            del self.fields["confirms_exemptions"]

    def clean_file(self):
        """The file, unless it is larger than the reader takes."""
        file = self.cleaned_data["file"]
        if file and file.size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(TOO_LARGE.format(limit=limit))
        return file

    def clean(self):
        """One of the two, and no more."""
        has_text = bool(self.cleaned_data.get("pasted", "").strip())
        if "file" not in self.errors:
            has_file = self.cleaned_data["file"] is not None
            if has_file and has_text:
                self.add_error("pasted", BOTH_CHOSEN)
            elif not has_file and not has_text:
                self.add_error("file", NOTHING_CHOSEN)
        return self.cleaned_data

    def chosen(self, on: date) -> tuple[File, str]:
        """The list of a valid form and the name it goes by; pasted text is a file of that day."""
        file = self.cleaned_data["file"]
        if file is not None:
            return file, file.name
        text = self.cleaned_data["pasted"].encode()
        return ContentFile(text), PASTED_NAME.format(on=on.isoformat())
