"""The checks of the inventory (台帳) itself: names, owners, bases, the national list."""

from datetime import date

from django.db.models import Count, F, OuterRef, Q, QuerySet, Value, Window
from django.db.models.functions import Concat
from django.db.models.lookups import Contains

from procedures.models import LegalBasis, Procedure, Scope
from procedures.rules import Answer
from tracking.selections import TARGET, always, has

from .check import CURRENT, Check, Place, Severity, number_of

_SEPARATOR = Value(";")  # between the ids of one entry of the national list
_OWNED = CURRENT & Q(department__isnull=False)


def _namesakes() -> QuerySet[Procedure]:
    """Those whose name another procedure of the same department has too."""
    how_many = Window(Count("pk"), partition_by=["department", "name_key"])
    rows = Procedure.objects.filter(_OWNED).order_by().annotate(how_many=how_many)
    return rows.filter(how_many__gt=1).values("pk")


def _shared_names() -> QuerySet[Procedure]:
    """The names that procedures of several departments have."""
    rows = Procedure.objects.filter(_OWNED).order_by().values("name_key")
    return rows.annotate(owners=Count("department", distinct=True)).filter(owners__gt=1)


def _of_the_name() -> QuerySet[Procedure]:
    return Procedure.objects.filter(_OWNED, name_key=OuterRef("name_key"))


def _another_national_procedure() -> Q:
    listed = Concat(_SEPARATOR, "national_priority__national_ids", _SEPARATOR)
    own = Concat(_SEPARATOR, "national_id", _SEPARATOR)
    both_known = Q(national_id__gt="", national_priority__national_ids__gt="")
    return CURRENT & both_known & ~Q(Contains(listed, own))


def _without_division() -> Q:
    """Where a list names no divisions at all, none is missing."""
    divided = Procedure.objects.filter(CURRENT, division__isnull=False).order_by()
    return CURRENT & Q(division__isnull=True, department__in=divided.values("department"))


def _unit_gone(on: date) -> Q:
    return CURRENT & (Q(department__valid_to__lt=on) | Q(division__valid_to__lt=on))


def _without_basis() -> Q:
    return CURRENT & ~has(LegalBasis.objects.all())


CHECKS = (
    Check(
        "abolished_in_future",
        Severity.ERROR,
        "廃止日が先の日になっている",
        "廃止日の入った手続は集計から外れます。まだ廃止されていない手続が数えられていません。",
        "廃止日を空欄にし、廃止の予定は備考に書いてください。",
        Place.FACTS,
        lambda on: Q(abolished_on__gt=on),
        "廃止日 {abolished_on}",
    ),
    Check(
        "unit_gone",
        Severity.ERROR,
        "なくなった部局室・課の手続",
        "所管の部局室か課の有効期間が終わっています。引き継いだ組織の数字に入りません。",
        "課は手続の内容の編集で、部局室は一覧表の取込で、今の組織に改めてください。",
        Place.FACTS,
        _unit_gone,
        "部局室 {department__name}（{department__valid_to}まで）、"
        "課 {division__name}（{division__valid_to}まで）",
    ),
    Check(
        "name_twice",
        Severity.WARNING,
        "同じ部局室に同じ名前の手続がある",
        "同じ手続が二度登録されていると、率も件数も二重に数えられます。",
        "同じ手続なら一方の対象区分や廃止日を改め、別の手続なら名前で分かるようにしてください。",
        Place.NAMESAKES,
        always(Q(pk__in=_namesakes())),
        "「{name}」が{found_count}件",
        lambda on: {
            "found_count": number_of(
                _of_the_name().filter(department=OuterRef("department")), "name_key"
            )
        },
    ),
    Check(
        "other_without_note",
        Severity.WARNING,
        "その他の支障の内容が書かれていない",
        "「その他の支障」がオンライン不可とされていますが、何が支障か分かりません。",
        "その他の支障の内容を入力するか、支障がなければ「不要」にしてください。",
        Place.FACTS,
        always(TARGET & Q(other=Answer.OFFLINE.value, other_note="")),
        "その他の支障「必要（オンライン不可）」、内容は空欄",
    ),
    Check(
        "another_national_procedure",
        Severity.WARNING,
        "国の手続IDと国の優先手続が合わない",
        "国の手続IDが、選ばれている国の優先手続のものと違います。区分が誤っているかもしれません。",
        "国の優先手続か国の手続IDの、どちらかを改めてください。",
        Place.FACTS,
        always(_another_national_procedure()),
        "国の手続ID {national_id}、国の優先手続「{national_priority__name}」は"
        "{national_priority__national_ids}",
    ),
    Check(
        "more_online_than_all",
        Severity.WARNING,
        "全国のオンライン件数が総件数より多い",
        "国の調査の数字が矛盾しています。列の取り違えや桁の間違いかもしれません。",
        "国の調査の表を確かめ、直した表を取り込んでください。",
        Place.IMPORT,
        always(CURRENT & Q(national_online_volume__gt=F("national_total_volume"))),
        "全国で{national_total_volume}件のうちオンライン{national_online_volume}件",
    ),
    Check(
        "shared_name",
        Severity.HINT,
        "同じ名前の手続がほかの部局室にもある",
        "一つの手続を二つの部局室が登録しているか、同じ申請を別々に受けているかもしれません。",
        "同じ手続なら所管を一つに決め、別の手続ならオンライン化を一緒に進められないか確かめてください。",
        Place.NAMESAKES,
        always(_OWNED & Q(name_key__in=_shared_names().values("name_key"))),
        "「{name}」が全庁に{found_count}件",
        lambda on: {"found_count": number_of(_of_the_name(), "name_key")},
    ),
    Check(
        "scope_unknown",
        Severity.HINT,
        "対象区分が決まっていない",
        "市民等からの手続かどうか（方針2）が決まっていません。決まるまで対象に数えます。",
        "対象区分を選んでください。",
        Place.FACTS,
        always(CURRENT & Q(scope=Scope.UNKNOWN.value)),
        "対象区分は未確認",
    ),
    Check(
        "without_basis",
        Severity.HINT,
        "根拠法令がない",
        "根拠法令が一つも登録されていません。対応策や適用除外の判断に使います。",
        "根拠法令を入力してください。",
        Place.BASES,
        always(_without_basis()),
        "根拠法令は未入力",
    ),
    Check(
        "without_division",
        Severity.HINT,
        "課が決まっていない",
        "同じ部局室のほかの手続には課がありますが、この手続にはありません。課ごとの数字に入りません。",
        "課を選んでください。",
        Place.FACTS,
        always(_without_division()),
        "{department__name}、課は空欄",
    ),
)
