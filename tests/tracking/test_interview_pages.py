"""The pages of the interview: every answer is kept, unknown stays so, nobody is overwritten."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from procedures.models import ASPECT_FIELDS, FLAG_FIELDS, Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT
from procedures.rules import Answer, Category
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.forms.interview import CHOOSE_ONE
from tracking.interview import NOT_YET_KNOWN, QUESTION_OF, QUESTIONS
from tracking.outlook import AS_NO, STAYS_YES
from tracking.views.interview import NOTHING_OPEN

FORM = "interview-form"


@pytest.fixture
def procedure(department):
    """A procedure of which nothing is known yet."""
    return factories.ProcedureFactory(
        department=department, name="犬の登録", scope="unknown", other=Answer.UNKNOWN
    )


@pytest.fixture
def nearly_clear(department):
    """A procedure that one unanswered aspect keeps from being a priority."""
    return factories.ProcedureFactory(
        department=department, name="転入届", clear=True, payment=Answer.UNKNOWN
    )


@dataclass
class Interviewee:
    """A person who is asked, one page after the other."""

    client: Client

    def opens(self, procedure, **query):
        """The page of one question."""
        address = reverse("procedure_interview", args=[procedure.pk])
        response = self.client.get(address, query)
        assert response.status_code == 200, text(response)[:500]
        return response

    def sends(self, page, **answers):
        """What the program answers to the form of ``page`` after ``answers``."""
        address = page.context["here"].url
        return self.client.post(address, sent_by(text(page), FORM, **answers))

    def answers(self, procedure, question, answer, **others):
        """Opens a question, gives one answer."""
        page = self.opens(procedure, question=question)
        return self.sends(page, **{question: answer}, **others)

    def result(self, procedure, **query):
        """The page of the result."""
        address = reverse("procedure_interview_result", args=[procedure.pk])
        return self.client.get(address, query)


@pytest.fixture
def person(client, member):
    """A member of the team."""
    client.force_login(member)
    return Interviewee(client)


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


def stored(procedure) -> Procedure:
    return Procedure.objects.get(pk=procedure.pk)


# --- One answer after the other ------------------------------------------------------------------


ANSWERS = [(one.field, choice.value) for one in QUESTIONS for choice in one.choices]


@pytest.mark.parametrize(("field", "answer"), ANSWERS)
def test_every_answer_to_every_question_is_stored(person, procedure, field, answer):
    question = QUESTION_OF[field]
    before = getattr(procedure, field)

    response = person.answers(procedure, field, answer)

    assert response.status_code == 302
    expected = question.stored(answer)
    after = stored(procedure)
    assert getattr(after, field) == (before if expected is None else expected)
    untouched = {"scope", *ASPECT_FIELDS, *FLAG_FIELDS} - {field}
    assert all(getattr(after, name) == getattr(procedure, name) for name in untouched)


def test_the_whole_interview_leads_through_all_questions_to_the_result(person, procedure):
    page, asked = person.opens(procedure), []
    for _ in QUESTIONS:
        asked.append(page.context["question"].field)
        assert f"質問 {len(asked)}／{len(QUESTIONS)}" in text(page)
        response = person.sends(page, **{asked[-1]: QUESTION_OF[asked[-1]].choices[0].value})
        page = person.client.get(response["Location"])

    assert asked == [question.field for question in QUESTIONS]
    after = stored(procedure)
    assert after.scope == "inbound"
    assert {getattr(after, name) for name in ASPECT_FIELDS} == {Answer.NOT_NEEDED}
    assert all(getattr(after, name) for name in FLAG_FIELDS)
    assert after.category == Category.PRIORITY
    assert after.version == 1 + len(QUESTIONS)
    assert {row.change_source for row in after.history.filter(version__gt=1)} == {Source.FORM}
    assert "区分が「検討」から「優先」に変わりました。" in words(element(text(page), "result"))


def test_only_the_open_questions_are_asked_and_their_number_stays(person, procedure):
    for field in ASPECT_FIELDS[:-2]:
        person.answers(procedure, field, "not_needed")

    page, asked = person.opens(procedure, only="open"), []
    while page.status_code == 200 and "question" in page.context:
        asked.append(page.context["question"].field)
        assert f"質問 {len(asked)}／3" in text(page)
        page = person.client.get(person.sends(page, **{asked[-1]: "unknown"})["Location"])

    assert asked == ["scope", *ASPECT_FIELDS[-2:]]


def test_where_nothing_is_open_the_result_says_so(person, department):
    procedure = factories.ProcedureFactory(department=department, clear=True)

    address = reverse("procedure_interview", args=[procedure.pk])
    response = person.client.get(address, {"only": "open"})

    assert response["Location"] == reverse("procedure_interview_result", args=[procedure.pk])
    assert said(response) == [NOTHING_OPEN]


def test_back_leads_to_the_question_before_and_shows_its_answer(person, procedure):
    page = person.opens(procedure, only="open")
    answered = person.client.get(person.sends(page, scope="outside")["Location"])

    back = person.client.get(answered.context["here"].before)

    assert back.context["question"].field == "scope"
    assert "今の回答：いいえ（対象外）" in text(back)
    assert 'value="outside" id="choice-outside"' in text(back)
    assert sent_by(text(back), FORM)["scope"] == "outside"


def test_the_text_beside_other_obstacles_is_saved_with_the_answer(person, procedure):
    person.answers(procedure, "other", "offline", other_note="紙の様式と\r\n定められている")

    after = stored(procedure)
    assert (after.other, after.other_note) == ("offline", "紙の様式と\n定められている")
    assert after.version == 2


# --- Unknown, and answers that change nothing ----------------------------------------------------


@pytest.mark.parametrize("field", ["scope", *ASPECT_FIELDS])
def test_unknown_on_what_is_unknown_writes_nothing(person, procedure, field):
    response = person.answers(procedure, field, "unknown")

    assert response.status_code == 302
    assert said(response) == []
    assert (stored(procedure).version, Procedure.history.count()) == (1, 1)


def test_unknown_takes_an_answer_back_that_nobody_is_sure_of(person, nearly_clear):
    person.answers(nearly_clear, "payment", "online")
    assert stored(nearly_clear).category == Category.PRIORITY

    response = person.answers(nearly_clear, "payment", "unknown")

    assert stored(nearly_clear).payment == Answer.UNKNOWN
    assert said(response) == [
        f"「金銭納付」の回答を「{NOT_YET_KNOWN}」で保存しました。",
        "区分が「優先」から「検討」に変わりました。",
    ]


@pytest.mark.parametrize("field", FLAG_FIELDS)
@pytest.mark.parametrize(("flag", "sentence"), [(False, AS_NO), (True, STAYS_YES)])
def test_unknown_leaves_a_flag_as_it_is_and_says_how_it_is_taken(
    person, department, field, flag, sentence
):
    procedure = factories.ProcedureFactory(department=department, **{field: flag})

    response = person.answers(procedure, field, "unknown")

    assert (getattr(stored(procedure), field), stored(procedure).version) == (flag, 1)
    assert said(response) == [f"「{QUESTION_OF[field].title}」は、{sentence}"]


def test_the_present_answer_sent_again_writes_nothing_and_says_nothing(person, nearly_clear):
    response = person.answers(nearly_clear, "attachments", "online")

    assert response.status_code == 302
    assert said(response) == []
    assert stored(nearly_clear).version == 1


def test_looking_at_every_question_writes_nothing(person, procedure):
    for question in QUESTIONS:
        person.opens(procedure, question=question.field)
    person.result(procedure)

    assert stored(procedure).version == 1


@pytest.mark.parametrize("answer", [None, "", "maybe", "yes"])
def test_without_an_answer_nothing_is_saved_and_the_question_stays(person, procedure, answer):
    response = person.answers(procedure, "payment", answer)

    assert response.status_code == 422
    assert CHOOSE_ONE in text(response)
    assert response.context["question"].field == "payment"
    assert stored(procedure).version == 1


def test_a_note_that_cannot_be_stored_keeps_what_was_typed(person, procedure):
    response = person.answers(procedure, "other", "offline", other_note="紙\u202eの様式")

    assert response.status_code == 422
    assert sent_by(text(response), FORM)["other"] == "offline"
    assert "の様式" in text(response)
    assert stored(procedure).version == 1


@pytest.mark.parametrize(
    "query",
    [
        "question=nothing",
        "question=name",
        "ask=nothing",
        "only=all",
        "since=0",
        "since=abc",
        "since=" + "9" * 5_000,
        "ask=payment&question=scope",
        "question=%00",
    ],
)
def test_an_address_that_the_program_gave_to_nobody_is_not_found(person, procedure, query):
    address = reverse("procedure_interview", args=[procedure.pk])
    for method in (person.client.get, person.client.post):
        assert method(f"{address}?{query}").status_code == 404


@pytest.mark.parametrize("version", ["", "abc", "9" * 5_000, "-1", "99"])
def test_a_version_that_nobody_saw_is_refused_without_an_error(person, procedure, version):
    response = person.answers(procedure, "payment", "online", version=version)

    assert response.status_code in (302, 409, 422)
    assert stored(procedure).version == (2 if response.status_code == 302 else 1)


# --- Two people --------------------------------------------------------------------------------


@pytest.fixture
def colleague(department):
    """Another member of the same team."""
    client = Client()
    client.force_login(factories.member_of(department, display_name="佐藤 花子"))
    return Interviewee(client)


def test_another_question_answered_meanwhile_is_merged(person, colleague, procedure):
    page = person.opens(procedure, question="payment")
    colleague.answers(procedure, "in_person", "online")

    assert person.sends(page, payment="offline").status_code == 302

    after = stored(procedure)
    assert (after.payment, after.in_person, after.version) == ("offline", "online", 3)


def test_the_same_question_answered_meanwhile_shows_both_answers(person, colleague, procedure):
    page = person.opens(procedure, question="payment")
    colleague.answers(procedure, "payment", "online")

    response = person.sends(page, payment="offline")

    assert response.status_code == 409
    for shown in ("必要（オンライン不可）", "必要（オンライン可）", "佐藤 花子"):
        assert shown in text(response)
    assert (stored(procedure).payment, stored(procedure).version) == ("online", 2)


@pytest.mark.parametrize(("choice", "payment"), [("mine", "offline"), ("theirs", "online")])
def test_the_choice_decides_and_the_interview_goes_on(
    person, colleague, procedure, choice, payment
):
    page = person.opens(procedure, question="payment")
    colleague.answers(procedure, "payment", "online")
    refused = person.sends(page, payment="offline")

    response = person.sends(refused, choice_payment=choice)

    assert response.status_code == 302
    assert "question=other" in response["Location"]
    assert stored(procedure).payment == payment


def test_a_flag_answered_meanwhile_needs_no_choice(person, colleague, procedure):
    """It has two values: an answer is either what the other person gave or what stood before."""
    page = person.opens(procedure, question="core_system")
    colleague.answers(procedure, "core_system", "yes")

    assert person.sends(page, core_system="yes").status_code == 302
    assert person.sends(page, core_system="no").status_code == 302
    assert stored(procedure).core_system is True


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["other_member", "reader"])
def test_others_read_why_they_may_not_and_write_nothing(signed_in, procedure, who, request):
    client = signed_in(request.getfixturevalue(who))
    address = reverse("procedure_interview", args=[procedure.pk])
    answer = {"version": 1, "payment": "online"}
    result = reverse("procedure_interview_result", args=[procedure.pk])

    for response in (
        client.get(address),
        client.post(f"{address}?question=payment", answer),
        client.get(result),
    ):
        assert response.status_code == 403
        assert NOT_YOUR_DEPARTMENT.format(department="市民部") in text(response)
    assert stored(procedure).version == 1


# --- The result ----------------------------------------------------------------------------------


def outlook(page) -> str:
    """What the result says of what would change the category."""
    return words(element(text(page), "outlook-section"))


def test_the_result_says_the_category_and_what_the_interview_changed(person, nearly_clear):
    response = person.answers(nearly_clear, "payment", "online")
    after = stored(nearly_clear)
    assert after.category == Category.PRIORITY

    page = person.result(nearly_clear, since=1)

    assert response.status_code == 302
    assert "区分が「検討」から「優先」に変わりました。" in words(element(text(page), "result"))
    assert page.context["changes"] == [("金銭納付", "未調査", "必要（オンライン可）")]


def test_the_result_of_an_interview_that_changed_nothing_says_so(person, nearly_clear):
    page = person.result(nearly_clear, since=1)

    assert "区分は、質問を始める前と同じ「検討」です。" in words(element(text(page), "result"))
    assert page.context["changes"] == []
    assert "変わった回答はありません。" in text(page)


@pytest.mark.parametrize("since", [{}, {"since": 99}])
def test_a_result_whose_beginning_nobody_knows_compares_nothing(person, nearly_clear, since):
    page = person.result(nearly_clear, **since)

    assert "区分は「検討」です。" in words(element(text(page), "result"))
    assert page.context["changes"] == []


def test_the_result_says_what_would_make_it_a_priority(person, nearly_clear):
    page = person.result(nearly_clear)

    assert (
        "「金銭納付」が「不要」か「必要（オンライン可）」になると、区分は「優先」になります。"
        in outlook(page)
    )


def test_where_several_answers_are_needed_the_result_lists_them(person, nearly_clear):
    person.answers(nearly_clear, "payment", "offline")
    person.answers(nearly_clear, "deliverable", "offline")

    page = person.result(nearly_clear)

    assert "次の項目がすべて変わると、区分は「優先」になります" in outlook(page)
    for title in ("通知・交付物", "金銭納付"):
        assert f"「{title}」が「不要」か「必要（オンライン可）」になる" in outlook(page)
    assert f"{reverse('procedure_detail', args=[nearly_clear.pk])}#path" in text(page)
    assert "電子決済によるオンライン納付" in text(page)


def test_what_no_answer_can_change_is_said_with_its_reason(person, department):
    listed = factories.ProcedureFactory(
        department=department, national_priority=factories.NationalPriorityFactory()
    )
    exempt = factories.ProcedureFactory(department=department)
    factories.LegalBasisFactory(procedure=exempt)
    factories.ExemptionFactory(procedure=exempt, confirmed=True)

    assert "国の優先手続一覧にある" in outlook(person.result(listed))
    assert "適用除外が決まっている" in outlook(person.result(exempt))


def test_the_result_names_the_service_of_clause_4(person, nearly_clear):
    person.answers(nearly_clear, "core_system", "yes")

    page = person.result(nearly_clear)

    assert page.context["judgement"].service.label == "マイナポータル"
    assert "マイナポータル" in text(page)


# --- The next procedure --------------------------------------------------------------------------


def test_the_next_procedure_is_one_whose_answers_decide_in_the_order_of_the_list(
    person, department, nearly_clear
):
    hindered = factories.ProcedureFactory(department=department, payment=Answer.OFFLINE)
    deciding = factories.ProcedureFactory(department=department, name="印鑑登録")
    factories.ProcedureFactory(department=department, clear=True)
    factories.ProcedureFactory(name="ほかの部の手続")

    page = person.result(nearly_clear)

    assert (page.context["next_pk"], page.context["others_count"]) == (deciding.pk, 2)
    address = reverse("procedure_interview", args=[deciding.pk])
    assert f'href="{address}?only=open"' in text(page)
    assert person.result(deciding).context["next_pk"] == nearly_clear.pk  # from the top again
    for field in ASPECT_FIELDS[:-1]:
        person.answers(deciding, field, "not_needed")
    person.answers(nearly_clear, "payment", "not_needed")
    assert person.result(nearly_clear).context["next_pk"] == hindered.pk


def test_where_nothing_is_open_any_more_the_result_says_so(person, nearly_clear):
    factories.ProcedureFactory(name="ほかの部の手続")

    page = person.result(nearly_clear)

    assert page.context["next_pk"] is None
    assert "未調査の項目のある手続はもうありません" in text(page)


def test_the_next_of_those_that_no_department_owns_is_such_a_one(signed_in, division_person):
    person = Interviewee(signed_in(division_person))
    first, second = factories.ProcedureFactory.create_batch(2, unassigned=True)
    factories.ProcedureFactory()

    assert person.result(first).context["next_pk"] == second.pk


def test_the_pages_take_a_constant_number_of_queries(
    person, department, nearly_clear, django_assert_max_num_queries
):
    for pk in range(30):
        factories.ProcedureFactory(department=department)
        factories.LegalBasisFactory(procedure=nearly_clear, name=f"条例{pk}", is_primary=False)

    with django_assert_max_num_queries(6):
        person.opens(nearly_clear, question="payment")
    with django_assert_max_num_queries(8):
        person.result(nearly_clear, since=1)


def test_the_page_of_the_procedure_leads_to_the_open_questions(person, nearly_clear, department):
    address = reverse("procedure_interview", args=[nearly_clear.pk])
    clear = factories.ProcedureFactory(department=department, clear=True)

    page = person.client.get(reverse("procedure_detail", args=[nearly_clear.pk]))
    assert f'href="{address}?only=open"' in text(page)
    other = person.client.get(reverse("procedure_detail", args=[clear.pk]))
    assert f'href="{reverse("procedure_interview", args=[clear.pk])}"' in text(other)


def test_a_reader_is_not_offered_the_interview(signed_in, reader, nearly_clear):
    page = signed_in(reader).get(reverse("procedure_detail", args=[nearly_clear.pk]))

    assert reverse("procedure_interview", args=[nearly_clear.pk]) not in text(page)
