"""The form of one service of the catalogue (clause 4)."""

from django import forms
from django.core.validators import URLValidator

from procedures.actions.services import FIELDS
from procedures.display import field_label
from procedures.models import ApplicationService

from .fields import CodeField, DayField, ProseField
from .rows import BAD_DATE, BAD_URL
from .versioned import VersionedForm

NO_CODE = "コードを入力してください（例：yamaguchi-apply）。"
NO_NAME = "名称を入力してください（例：やまぐち電子申請サービス）。"


def _label(name: str) -> str:
    return field_label(ApplicationService, name)


class ServiceForm(VersionedForm):
    """A service; ``version`` is ``procedures.actions.service_state`` what the form shows."""

    attributes = FIELDS

    code = CodeField(
        label=_label("code"),
        max_length=40,
        error_messages={"required": NO_CODE},
        help_text="ほかのサービスと重ならない、短い英数字です。",
    )
    name = ProseField(label=_label("name"), max_length=150, error_messages={"required": NO_NAME})
    kind = forms.ChoiceField(
        label=_label("kind"),
        choices=ApplicationService._meta.get_field("kind").choices,
        help_text=(
            "方針4の四つの種別です。「その他」のサービスを使うには、国・県等の指定や方針策定前の"
            "専用システムでないかぎり、情報政策課との協議が要ります。"
        ),
    )
    owner = ProseField(label=_label("owner"), max_length=150, required=False)
    available_from = DayField(
        label=_label("available_from"), required=False, error_messages={"invalid": BAD_DATE}
    )
    available_until = DayField(
        label=_label("available_until"),
        required=False,
        error_messages={"invalid": BAD_DATE},
        help_text="この日まで使えます。過ぎると、計画で新しく選べなくなります。",
    )
    url = ProseField(
        label=_label("url"),
        required=False,
        max_length=200,
        validators=[URLValidator(schemes=["http", "https"], message=BAD_URL)],
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
    note = ProseField(
        label=_label("note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
