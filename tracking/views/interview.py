"""The guided interview: one question a page, each answer saved, and what came of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, Q, When
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.actions import update_procedure
from procedures.classification import facts_of, with_facts
from procedures.display import Names, field_label, value_label
from procedures.editing import Conflict
from procedures.models import Procedure, Source, User
from procedures.permissions import check_can_edit
from procedures.policies import edition_in_force, policy_in_force, rules_of
from procedures.records import snapshot
from procedures.rules import Aspect, Category, Service, label, measures_for
from tracking.forms.fields import add_errors
from tracking.forms.interview import AnswerForm, StepForm
from tracking.interview import (
    QUESTIONS,
    UNKNOWN,
    Question,
    Subject,
    Walk,
    open_fields,
    walk_to,
)
from tracking.judgement import judge
from tracking.outlook import effect, effects, sentences, ways
from tracking.selections import condition, with_progress

from .procedure import CATEGORY_CHANGED

SAVED = "「{title}」の回答を「{answer}」で保存しました。"
LEFT_AS_IT_IS = "「{title}」は、{effect}"
NOTHING_OPEN = "未回答の質問はありません。"
_ANSWER_FIELDS = tuple(field for question in QUESTIONS for field in question.fields)


@require_http_methods(["GET", "POST"])
def procedure_interview(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with what hangs on it; its answer is saved and leads to the next one."""
    procedure = _editable(request.user, pk)
    here = _place(request.GET, procedure)
    if here is None:
        messages.info(request, NOTHING_OPEN)
        return redirect("procedure_interview_result", pk)
    question = here.walk.question
    data = request.POST if request.method == "POST" else None
    form, status = _form(question, procedure, data), 200 if data is None else 422
    if form.is_valid():
        try:
            saved = update_procedure(
                procedure_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
                source=Source.FORM,
            )
        except Conflict as conflict:
            procedure = _editable(request.user, pk)
            form, status = _form(question, procedure, conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell(request, form, procedure, saved)
            return redirect(here.after)
    context = {"form": form, "procedure": procedure, "here": here, **_about(question, procedure)}
    return render(request, "tracking/interview.html", context, status=status)


@require_GET
def procedure_interview_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The category with its reasons, what the interview changed, and what else would change it."""
    procedure = _editable(request.user, pk)
    plan = getattr(procedure, "plan", None)
    facts = facts_of(procedure)
    edition = edition_in_force()
    policy = rules_of(edition)
    found = ways(facts, policy)
    service = Service(plan.service.kind) if plan and plan.service else None
    context = {
        "procedure": procedure,
        "plan": plan,
        "edition": edition,
        "judgement": judge(facts, service, policy),
        "single_ways": sentences(way for way in found if len(way.changes) == 1),
        "joint_ways": [way for way in found if len(way.changes) > 1],
        "open_titles": [
            question.title for question in QUESTIONS if question.field in _open_fields(procedure)
        ],
        **_since(procedure, _step(request.GET)["since"]),
        **_next_open(procedure, request.user, timezone.localdate()),
    }
    return render(request, "tracking/interview_result.html", context)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an interview somebody is: the walk, and the version with which it began."""

    pk: int
    walk: Walk
    since: int

    @property
    def url(self) -> str:
        """The address of this question."""
        return self._of(self.walk.question)

    @property
    def before(self) -> str:
        """The address of the question before this one; empty at the first."""
        return self._of(self.walk.previous) if self.walk.previous else ""

    @property
    def after(self) -> str:
        """The address that follows an answer: the next question, or the result."""
        return self._of(self.walk.following) if self.walk.following else self.result

    @property
    def result(self) -> str:
        """The address of the result."""
        address = reverse("procedure_interview_result", args=[self.pk])
        return f"{address}?{urlencode({'since': self.since})}"

    def _of(self, question: Question) -> str:
        is_whole = self.walk.count == len(QUESTIONS)
        ask = [] if is_whole else [one.field for one in self.walk.questions]
        query = urlencode({"question": question.field, "ask": ask, "since": self.since}, True)
        return f"{reverse('procedure_interview', args=[self.pk])}?{query}"


def _editable(user: User, pk: int) -> Procedure:
    """The procedure with what its judgement reads, if ``user`` may change it."""
    rows = with_facts(Procedure.objects.visible_to(user))
    procedure = get_object_or_404(rows.select_related("department", "plan__service"), pk=pk)
    check_can_edit(user, procedure)
    return procedure


def _step(query: QueryDict) -> dict[str, Any]:
    """What an address says of the interview; one that nobody was given is not found."""
    form = StepForm(query)
    if not form.is_valid():
        raise Http404
    return form.cleaned_data


def _place(query: QueryDict, procedure: Procedure) -> Place | None:
    """None where only the open questions are asked for, and there are none."""
    step = _step(query)
    asked = step["ask"] or (_open_fields(procedure) if step["only"] else ())
    if step["only"] and not asked:
        return None
    walk = walk_to(step["question"], asked)
    if walk is None:
        raise Http404
    return Place(procedure.pk, walk, step["since"] or procedure.version)


def _open_fields(procedure: Procedure) -> tuple[str, ...]:
    return open_fields({field: getattr(procedure, field) for field in _ANSWER_FIELDS})


def _form(
    question: Question,
    procedure: Procedure,
    data: QueryDict | None = None,
    *,
    conflict: Conflict | None = None,
) -> AnswerForm:
    return AnswerForm(
        data, question=question, obj=procedure, version=procedure.version, conflict=conflict
    )


def _about(question: Question, procedure: Procedure) -> dict[str, object]:
    """What stands beside a question: what each answer does, and the reviews for an obstacle."""
    facts = facts_of(procedure)
    is_aspect = question.subject is Subject.ASPECT
    measures = measures_for(Aspect(question.field), facts.basis) if is_aspect else ()
    found = effects(question, facts, policy_in_force())
    return {
        "question": question,
        "present": question.words(getattr(procedure, question.field)),
        "effects": list(zip(question.choices, found, strict=True)),
        "measures": measures,
        "shows_bases": is_aspect,
    }


def _tell(request: HttpRequest, form: AnswerForm, before: Procedure, saved: Procedure) -> None:
    """Says what an answer has done; nothing where it is the present one."""
    question = form.question
    if form.cleaned_data[question.field] is None:
        sentence = effect(question, UNKNOWN, facts_of(saved), policy_in_force())
        messages.info(request, LEFT_AS_IT_IS.format(title=question.title, effect=sentence))
    if saved.version == before.version:
        return
    answer = question.words(getattr(saved, question.field))
    messages.success(request, SAVED.format(title=question.title, answer=answer))
    if saved.category != before.category:
        old, new = label(Category(before.category)), label(Category(saved.category))
        messages.success(request, CATEGORY_CHANGED.format(old=old, new=new))


def _since(procedure: Procedure, version: int | None) -> dict[str, object]:
    """What changed since ``version``, in words; nothing where no history has that version."""
    fields = (*_ANSWER_FIELDS, "category")
    before = snapshot(procedure, version, fields) if version else None
    if before is None:
        return {"is_compared": False, "category_before": "", "changes": []}
    names = Names()
    return {
        "is_compared": True,
        "category_before": before["category"],
        "changes": [
            (
                field_label(Procedure, field),
                value_label(Procedure, field, before[field], names),
                value_label(Procedure, field, getattr(procedure, field), names),
            )
            for field in _ANSWER_FIELDS
            if before[field] != getattr(procedure, field)
        ],
    }


def _next_open(procedure: Procedure, user: User, on: date) -> dict[str, object]:
    """The next procedure of the same department with an unanswered aspect, and how many there are.

    Those whose answers decide the category come first, each kind in the order of the list from
    this procedure on, then from its top.
    """
    rows = with_progress(Procedure.objects.visible_to(user))
    is_deciding = Case(
        When(condition("deciding", on), then=True), default=False, output_field=BooleanField()
    )
    listed = list(
        rows.filter(condition("incomplete", on) | Q(pk=procedure.pk))
        .filter(department=procedure.department_id)
        .annotate(is_deciding=is_deciding)
        .in_office_order()
        .values_list("pk", "name", "is_deciding")
    )
    here = next(index for index, (pk, _, _) in enumerate(listed) if pk == procedure.pk)
    others = listed[here + 1 :] + listed[:here]
    first = next((row for row in others if row[2]), others[0] if others else None)
    return {
        "next_pk": first[0] if first else None,
        "next_name": first[1] if first else "",
        "others_count": len(others),
    }
