"""Editing the inventory facts as a whole page: who may, what is refused, two people at once."""

import pytest
from django.urls import reverse

from procedures import actions
from procedures.models import ASPECT_FIELDS, FLAG_FIELDS, Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT, UNASSIGNED_IS_FOR_DIVISION
from procedures.rules import Answer, Category
from tests import factories
from tracking.forms.versioned import CHOOSE


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` in which only the payment hinders."""
    return factories.ProcedureFactory(
        department=department,
        name="転入届",
        summary="一行目\n二行目",
        applicants=["organisation", "individual"],
        clear=True,
        payment=Answer.OFFLINE,
    )


def form_of(procedure, **changes) -> dict:
    """What a browser sends of the procedure's form, with ``changes``."""
    fields = {
        "version": procedure.version,
        "name": procedure.name,
        "name_kana": procedure.name_kana,
        # A browser sends the line breaks of a text area as CR LF.
        "summary": procedure.summary.replace("\n", "\r\n"),
        "division_id": procedure.division_id or "",
        "applicants": sorted(procedure.applicants),
        "kind": procedure.kind,
        "scope": procedure.scope,
        "other_note": procedure.other_note,
        "national_priority_id": procedure.national_priority_id or "",
        "national_id": procedure.national_id,
        "survey_note": procedure.survey_note,
        "note": procedure.note,
        "abolished_on": "",
        **{name: getattr(procedure, name) for name in ASPECT_FIELDS},
        **{name: "on" for name in FLAG_FIELDS if getattr(procedure, name)},
    }
    return fields | changes


@pytest.fixture
def post(signed_in):
    """``post(user, procedure, **changes)`` sends the form."""

    def send(user, procedure, **changes):
        address = reverse("facts_edit", args=[procedure.pk])
        return signed_in(user).post(address, form_of(procedure, **changes))

    return send


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_open_and_save(signed_in, post, procedure, person, request):
    user = request.getfixturevalue(person)
    page = signed_in(user).get(reverse("facts_edit", args=[procedure.pk]))
    assert page.status_code == 200

    response = post(user, procedure, note="新しい備考")

    assert response.status_code == 302
    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk])
    stored = Procedure.objects.get()
    assert (stored.note, stored.version) == ("新しい備考", 2)
    assert stored.history.get(version=2).change_source == Source.FORM


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_read_why_they_may_not(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("facts_edit", args=[procedure.pk]))

    assert response.status_code == 403
    assert NOT_YOUR_DEPARTMENT.format(department="市民部") in response.content.decode()
    assert Procedure.objects.get().version == 1


def test_a_team_may_not_edit_what_no_department_owns(signed_in, member):
    procedure = factories.ProcedureFactory(unassigned=True)

    response = signed_in(member).get(reverse("facts_edit", args=[procedure.pk]))

    assert response.status_code == 403
    assert UNASSIGNED_IS_FOR_DIVISION in response.content.decode()


def test_opening_and_saving_without_an_edit_writes_nothing(post, procedure, member):
    response = post(member, procedure)

    stored = Procedure.objects.get()
    assert (stored.version, stored.summary) == (1, "一行目\n二行目")
    assert stored.applicants == ("organisation", "individual")
    assert said(response) == ["変わった項目はありませんでした。"]


def test_every_field_of_the_form_is_saved(post, procedure, member, department):
    national = factories.NationalPriorityFactory()
    wanted = {
        "name": "転入の届出",
        "name_kana": "てんにゅうのとどけで",
        "summary": "新しい概要",
        "division_id": department.divisions.get().pk,
        "applicants": ("individual", "corporation"),
        "kind": "notification",
        "scope": "outside",
        "other_note": "図面が大きい",
        "national_priority_id": national.pk,
        "national_id": "A123",
        "survey_note": "電話で聞いた",
        "note": "備考",
        "abolished_on": "2027-03-31",
        **dict.fromkeys(ASPECT_FIELDS, Answer.ONLINE.value),
        **dict.fromkeys(FLAG_FIELDS, "on"),
    }
    assert set(wanted) == set(actions.EDITABLE_FIELDS)

    post(member, procedure, **wanted)

    stored = Procedure.objects.get()
    for name, value in wanted.items():
        found = getattr(stored, name)
        assert found == (True if value == "on" else value) or str(found) == value, name


def test_the_message_says_where_the_procedure_went(post, procedure, member):
    response = post(member, procedure, payment="online")

    assert Procedure.objects.get().category == Category.PRIORITY
    assert said(response) == [
        "「転入届」の内容を保存しました。",
        "区分が「検討」から「優先」に変わりました。",
    ]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "  "}, "手続名を入力してください。"),
        ({"name": "転\u202e入届"}, "文字の向きを変える見えない文字"),
        ({"abolished_on": "2027-02-30"}, "廃止日"),
        ({"payment": "たぶん"}, "金銭納付"),
        ({"payment": ""}, "金銭納付"),
        ({"division_id": "999999"}, "課"),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_nothing_is_lost(
    post, procedure, member, sent, said
):
    response = post(member, procedure, **({"note": "長い備考"} | sent))

    text = response.content.decode()
    assert response.status_code == 422
    summary = text[text.index("error-summary") : text.index("<form", text.index("error-summary"))]
    assert said in summary
    assert "長い備考" in text
    assert Procedure.objects.get().version == 1


def test_the_divisions_offered_are_those_of_the_own_department(
    signed_in, procedure, member, other_department
):
    factories.DivisionFactory(department=other_department, name="環境政策課")

    text = signed_in(member).get(reverse("facts_edit", args=[procedure.pk])).content.decode()

    assert "市民サービス課" in text
    assert "環境政策課" not in text


def test_a_procedure_without_a_department_has_no_division_to_choose(signed_in, division_person):
    procedure = factories.ProcedureFactory(unassigned=True)

    response = signed_in(division_person).get(reverse("facts_edit", args=[procedure.pk]))

    assert "division_id" not in response.content.decode()


def test_the_national_list_is_offered_in_its_groups(signed_in, procedure, member):
    factories.NationalPriorityFactory(
        number=12,
        name="児童手当の認定請求",
        group="子育て関係",
        edition=factories.EditionFactory(current=True, name="版A"),
    )

    text = signed_in(member).get(reverse("facts_edit", args=[procedure.pk])).content.decode()

    assert '<optgroup label="版A　子育て関係">' in text
    assert "12 児童手当の認定請求" in text


# --- Two people on one procedure ---------------------------------------------------------------


@pytest.fixture
def overtaken(procedure, division_person):
    """The procedure as somebody has it open, while the division changed note and kana."""
    actions.update_procedure(
        procedure_id=procedure.pk,
        sent={"note": "先の備考", "name_kana": "てんにゅうとどけ"},
        version=1,
        by=division_person,
        source=Source.FORM,
    )
    return procedure


def test_another_field_is_merged_without_a_question(post, overtaken, member):
    assert post(member, overtaken, summary="新しい概要").status_code == 302

    stored = Procedure.objects.get()
    assert (stored.summary, stored.note) == ("新しい概要", "先の備考")
    assert stored.name_kana == "てんにゅうとどけ"


def test_the_same_field_is_shown_with_both_values_who_and_when(
    post, overtaken, member, division_person
):
    response = post(member, overtaken, note="後の備考", summary="新しい概要")

    text = response.content.decode()
    assert response.status_code == 409
    for shown in ("先の備考", "後の備考", str(division_person), "新しい概要"):
        assert shown in text
    assert 'name="contested" value="note"' in text
    assert 'value="name_kana"' not in text
    assert 'name="version" value="2"' in text
    stored = Procedure.objects.get()
    assert (stored.note, stored.summary, stored.version) == ("先の備考", "一行目\n二行目", 2)


def answer_of(response) -> dict:
    """What a browser would send of the page that it was shown, before any choice."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in values.items() if value not in (None, False)}
    return sent | {"contested": [one.name for one in form.comparisons]}


@pytest.mark.parametrize(("choice", "note"), [("mine", "後の備考"), ("theirs", "先の備考")])
def test_the_choice_decides_and_nobodys_other_work_is_lost(
    post, client, overtaken, member, choice, note
):
    shown = post(member, overtaken, note="後の備考", summary="新しい概要")

    response = client.post(
        reverse("facts_edit", args=[overtaken.pk]), answer_of(shown) | {"choice_note": choice}
    )

    assert response.status_code == 302
    stored = Procedure.objects.get()
    assert (stored.note, stored.summary) == (note, "新しい概要")
    assert stored.name_kana == "てんにゅうとどけ"  # of the other person, never contested


@pytest.mark.parametrize("choice", ["", "both"])
def test_without_a_choice_nothing_is_saved_and_the_question_stays(
    post, client, overtaken, member, choice, division_person
):
    shown = post(member, overtaken, note="後の備考")

    response = client.post(
        reverse("facts_edit", args=[overtaken.pk]), answer_of(shown) | {"choice_note": choice}
    )

    text = response.content.decode()
    assert response.status_code == 422
    assert CHOOSE.format(label="備考") in text
    assert 'name="contested" value="note"' in text
    assert str(division_person) in text
    assert Procedure.objects.get().note == "先の備考"


def test_a_third_person_meanwhile_is_a_new_question(post, client, overtaken, member, administrator):
    shown = post(member, overtaken, note="後の備考")
    actions.update_procedure(
        procedure_id=overtaken.pk,
        sent={"note": "三人目の備考"},
        version=2,
        by=administrator,
        source=Source.FORM,
    )

    response = client.post(
        reverse("facts_edit", args=[overtaken.pk]), answer_of(shown) | {"choice_note": "mine"}
    )

    assert response.status_code == 409
    assert "三人目の備考" in response.content.decode()
    assert Procedure.objects.get().note == "三人目の備考"


def test_choosing_the_other_value_never_brings_an_old_one_back(
    post, client, overtaken, member, administrator
):
    shown = post(member, overtaken, note="後の備考")
    actions.update_procedure(
        procedure_id=overtaken.pk,
        sent={"note": "三人目の備考"},
        version=2,
        by=administrator,
        source=Source.FORM,
    )

    client.post(
        reverse("facts_edit", args=[overtaken.pk]), answer_of(shown) | {"choice_note": "theirs"}
    )

    assert Procedure.objects.get().note == "三人目の備考"


def test_every_kind_of_value_is_compared_in_words(post, overtaken, member, division_person):
    national = factories.NationalPriorityFactory(number=9, name="転出届")
    actions.update_procedure(
        procedure_id=overtaken.pk,
        sent={
            "payment": "online",
            "core_system": True,
            "applicants": ("corporation",),
            "national_priority_id": national.pk,
        },
        version=2,
        by=division_person,
        source=Source.FORM,
    )
    other = factories.NationalPriorityFactory(number=10, name="転入予約")

    response = post(
        member,
        overtaken,
        payment="not_needed",
        applicants=["individual"],
        national_priority_id=other.pk,
    )

    compared = {one.label: (one.mine, one.theirs) for one in response.context["form"].comparisons}
    assert compared == {
        "申請者": ("個人", "法人"),
        "金銭納付": ("不要", "必要（オンライン可）"),
        "国の優先手続": ("10 転入予約", "9 転出届"),
    }


def test_the_form_takes_a_constant_number_of_queries(
    signed_in, procedure, member, department, django_assert_max_num_queries
):
    edition = factories.EditionFactory(current=True)
    for number in range(30):
        factories.NationalPriorityFactory(edition=edition, number=number)
        factories.DivisionFactory(department=department)
    client = signed_in(member)

    with django_assert_max_num_queries(7):
        client.get(reverse("facts_edit", args=[procedure.pk]))
