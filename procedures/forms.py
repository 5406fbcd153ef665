"""Forms of the inventory: uploading a list."""

from django import forms
from django.conf import settings


class UploadForm(forms.Form):
    """A list to be looked at before it is taken in."""

    file = forms.FileField(
        label="取り込むファイル",
        help_text="Excelブック（.xlsx・.xlsm・.xls）、OpenDocument（.ods）、CSV、タブ区切りテキスト"
        "（.csv・.tsv・.txt）。国の悉皆調査のファイルもそのまま読み取れます。",
        error_messages={
            "required": "ファイルを選んでください。",
            "empty": "ファイルが空です。内容のあるファイルを選んでください。",
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"}),
    )
    confirms_exemptions = forms.BooleanField(
        label="適用除外を確認済として取り込む",
        required=False,
        help_text="チェックしない場合は、申出（情報政策課の確認待ち）として取り込みます。",
    )

    def clean_file(self):
        """The file, unless it is larger than the reader takes."""
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(
                f"ファイルが大きすぎます。{limit}MB以下に分けて取り込んでください。"
            )
        return file
