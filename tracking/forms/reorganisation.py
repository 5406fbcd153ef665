"""The forms of reorganisations (組織改正): the draft, a step of each kind, what a split decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.display import field_label
from tracking.models import Reorganisation
from tracking.structure import Kind, Office, Step, Unit, next_ref

from .fields import OUTDATED, DayField, ProseField
from .rows import BAD_DATE
from .versioned import SeenVersionForm, VersionedForm

NO_NAME = "名称を入力してください（例：令和9年4月の組織改正）。"
NO_UNIT_NAME = "新しい名称を入力してください。"
NO_DAY = "実施日を選んでください。"
NO_TARGET = "統合先を選ぶか、新しい部局室の名称を入力してください。"
TWO_TARGETS = "統合先と新しい名称の両方が入力されています。どちらか一方にしてください。"
NOBODY_LEFT = "どの部局室のチーム員になるかを、一つ以上選んでください。"
TOO_LONG = "「{name}…」は長すぎます。名称は100文字までにしてください。"
CHOOSE = "選んでください"
UNDECIDED = "まだ決めない"
NEW = "新しく置く（下の欄に名称を入力）"
LAST = "最後"
_NAME_LENGTH = 100

Choices = list[tuple[str, Any]]


class ReorganisationForm(VersionedForm):
    """A draft's name, day and note."""

    attributes = ("name", "effective_on", "note")

    name = ProseField(label="名称", max_length=100, error_messages={"required": NO_NAME})
    effective_on = DayField(
        label="実施日",
        help_text="新しい組織になる日です。終わる部局室や課は、その前の日まであることになります。",
        error_messages={"required": NO_DAY, "invalid": BAD_DATE},
    )
    note = ProseField(
        label=field_label(Reorganisation, "note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CarryOutForm(SeenVersionForm):
    """What a page shows of a draft: its version, how many procedures move, and of which office."""

    count = forms.IntegerField(
        min_value=0,
        max_value=2**31,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), OUTDATED),
    )
    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": OUTDATED})


class ArrangeForm(SeenVersionForm):
    """Which step goes up, down or away."""

    place = forms.IntegerField(min_value=0, max_value=2**31)
    move = forms.ChoiceField(choices=[("up", ""), ("down", ""), ("remove", "")])


class StepForm(SeenVersionForm):
    """One more step behind ``steps``, among the units that ``office`` has by then."""

    kind: Kind

    def __init__(
        self, data: Any = None, *, office: Office, steps: Sequence[Step], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.office, self.earlier = office, steps
        self.offer()

    def offer(self) -> None:
        """Fills in the choices."""

    def steps(self) -> list[Step]:
        """The step as it was filled in, behind those that make what it needs."""
        raise NotImplementedError

    def _next_ref(self, *more: Step) -> str:
        return next_ref([*self.earlier, *more])


def _unit_field(label: str, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, **options)


def _name_field(label: str = "新しい名称", **options: Any) -> ProseField:
    usual = {"max_length": _NAME_LENGTH, "error_messages": {"required": NO_UNIT_NAME}}
    return ProseField(label=label, **usual | options)


def _several(label: str, **options: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, widget=forms.CheckboxSelectMultiple, required=False, **options
    )


class NewDepartmentForm(StepForm):
    """部局室を新しく置く."""

    kind = Kind.NEW_DEPARTMENT
    name = _name_field("名称")
    after = _unit_field("並び順（この部局室の次）", required=False)

    def offer(self) -> None:
        self.fields["after"].choices = [("", LAST), *departments(self.office)]

    def steps(self) -> list[Step]:
        data = self.cleaned_data
        return [Step(self.kind, unit=self._next_ref(), name=data["name"], after=data["after"])]


class RenameDepartmentForm(StepForm):
    """部局室の名称を変える."""

    kind = Kind.RENAME_DEPARTMENT
    unit = _unit_field("部局室")
    name = _name_field()

    def offer(self) -> None:
        self.fields["unit"].choices = [("", CHOOSE), *departments(self.office)]

    def steps(self) -> list[Step]:
        return [Step(self.kind, unit=self.cleaned_data["unit"], name=self.cleaned_data["name"])]


class MergeDepartmentsForm(StepForm):
    """部局室を統合する, into one that is there or into a new one."""

    kind = Kind.MERGE_DEPARTMENTS
    units = _several("統合される部局室（終わる部局室）")
    target = _unit_field("統合先", required=False)
    name = _name_field("新しい部局室の名称", required=False)

    def offer(self) -> None:
        self.fields["units"].choices = departments(self.office)
        self.fields["target"].choices = [("", NEW), *departments(self.office)]

    def clean(self) -> dict[str, Any]:
        """Either a department that is there, or the name of a new one."""
        data = super().clean()
        if not data.get("target") and not data.get("name") and not self.errors:
            raise ValidationError({"target": NO_TARGET})
        if data.get("target") and data.get("name"):
            raise ValidationError({"name": TWO_TARGETS})
        return data

    def steps(self) -> list[Step]:
        data = self.cleaned_data
        units, target = tuple(data["units"]), data["target"]
        if target:
            return [Step(self.kind, units=units, target=target)]
        made = Step(
            Kind.NEW_DEPARTMENT,
            unit=self._next_ref(),
            name=data["name"],
            after=max(units, key=self._place, default=""),
        )
        return [made, Step(self.kind, units=units, target=made.unit)]

    def _place(self, ref: str) -> int:
        return self.office.departments[ref].order


class SplitDepartmentForm(StepForm):
    """部局室を分ける; what goes where is decided afterwards, see ``SplitForm``."""

    kind = Kind.SPLIT_DEPARTMENT
    unit = _unit_field("分ける部局室")
    stays = forms.BooleanField(
        label="元の部局室も残す",
        required=False,
        help_text="残さない場合、元の部局室は実施日の前の日で終わります。",
    )
    names = ProseField(
        label="新しく置く部局室の名称（1行に一つ）",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    targets = _several("分けた先にする、今ある部局室")

    def offer(self) -> None:
        self.fields["unit"].choices = [("", CHOOSE), *departments(self.office)]
        self.fields["targets"].choices = departments(self.office)

    def clean_names(self) -> list[str]:
        """Each name once, in turn."""
        lines = [line.strip() for line in self.cleaned_data["names"].splitlines()]
        names = list(dict.fromkeys(filter(None, lines)))
        for name in names:
            if len(name) > _NAME_LENGTH:
                raise ValidationError(TOO_LONG.format(name=name[:20]))
        return names

    def steps(self) -> list[Step]:
        data = self.cleaned_data
        made: list[Step] = []
        for name in data["names"]:
            made.append(
                Step(Kind.NEW_DEPARTMENT, unit=self._next_ref(*made), name=name, after=data["unit"])
            )
        stays = [data["unit"]] if data["stays"] else []
        existing = [ref for ref in data["targets"] if ref != data["unit"]]
        targets = (*stays, *(step.unit for step in made), *existing)
        return [*made, Step(self.kind, unit=data["unit"], targets=targets)]


class NewDivisionForm(StepForm):
    """課を新しく置く."""

    kind = Kind.NEW_DIVISION
    target = _unit_field("部局室")
    name = _name_field("名称")

    def offer(self) -> None:
        self.fields["target"].choices = [("", CHOOSE), *departments(self.office)]

    def steps(self) -> list[Step]:
        data = self.cleaned_data
        return [Step(self.kind, unit=self._next_ref(), target=data["target"], name=data["name"])]


class RenameDivisionForm(StepForm):
    """課の名称を変える."""

    kind = Kind.RENAME_DIVISION
    unit = _unit_field("課")
    name = _name_field()

    def offer(self) -> None:
        self.fields["unit"].choices = [("", CHOOSE), *divisions(self.office)]

    def steps(self) -> list[Step]:
        return [Step(self.kind, unit=self.cleaned_data["unit"], name=self.cleaned_data["name"])]


class _DivisionsForm(StepForm):
    """Several divisions, ticked department by department, to one target."""

    def offer(self) -> None:
        for ref, name in departments(self.office):
            own = [(unit.ref, unit.name) for unit in self.office.own_divisions(ref)]
            if own:
                self.fields[f"units_{ref}"] = _several(f"{self.asked}：{name}", choices=own)
                ticked = self.initial.get("units", ())
                self.initial[f"units_{ref}"] = [ref for ref, _ in own if ref in ticked]
        self.fields["target"].choices = [("", CHOOSE), *self.targets()]
        self.order_fields(["version", "target"])

    asked = ""

    def targets(self) -> Choices:
        """Where they can go."""
        raise NotImplementedError

    def steps(self) -> list[Step]:
        ticked = [
            ref
            for name, chosen in self.cleaned_data.items()
            if name.startswith("units_")
            for ref in chosen
        ]
        return [Step(self.kind, units=tuple(ticked), target=self.cleaned_data["target"])]


class MoveDivisionsForm(_DivisionsForm):
    """課を別の部局室へ移す."""

    kind = Kind.MOVE_DIVISIONS
    asked = "移す課"
    target = _unit_field("移る先の部局室")

    def targets(self) -> Choices:
        return departments(self.office)


class MergeDivisionsForm(_DivisionsForm):
    """課を統合する."""

    kind = Kind.MERGE_DIVISIONS
    asked = "統合される課（終わる課）"
    target = _unit_field("統合先の課")

    def targets(self) -> Choices:
        return divisions(self.office)


class EndDivisionForm(StepForm):
    """課を廃止する."""

    kind = Kind.END_DIVISION
    unit = _unit_field(
        "廃止する課",
        help_text="その課の手続は、同じ部局室の課が決まっていない手続になります。ほかの課に移す"
        "場合は「課を統合する」を使います。",
    )

    def offer(self) -> None:
        self.fields["unit"].choices = [("", CHOOSE), *divisions(self.office)]

    def steps(self) -> list[Step]:
        return [Step(self.kind, unit=self.cleaned_data["unit"])]


STEP_FORMS: Mapping[Kind, type[StepForm]] = {
    form.kind: form
    for form in (
        NewDepartmentForm,
        RenameDepartmentForm,
        MergeDepartmentsForm,
        SplitDepartmentForm,
        NewDivisionForm,
        RenameDivisionForm,
        MoveDivisionsForm,
        MergeDivisionsForm,
        EndDivisionForm,
    )
}


class SplitForm(SeenVersionForm):
    """What of a department goes to which part; ``office`` is as it is before the split."""

    def __init__(self, data: Any = None, *, office: Office, step: Step, **options: Any) -> None:
        super().__init__(data, **options)
        self.office, self.step = office, step
        self._targets = [(ref, office.name_of(ref)) for ref in step.targets]
        stays = step.unit if step.unit in step.targets else ""
        for unit in office.own_divisions(step.unit):
            chosen = step.divisions.get(unit.ref, stays)
            self._choice(f"division_{unit.ref}", f"課：{unit.name}", chosen)
        self._choice("rest", "課が決まっていない手続", step.rest or stays)
        for ref in office.measures_of(step.unit):
            chosen = step.measures.get(ref, stays)
            self._choice(f"measure_{ref}", f"共通の対応策：{office.titles[ref]}", chosen)
        for ref in office.people_of(step.unit):
            self.fields[f"person_{ref}"] = _several(
                f"チーム員：{office.names[ref]}",
                choices=self._targets,
                initial=step.people.get(ref, step.targets),
            )

    def clean(self) -> dict[str, Any]:
        """Nobody loses all rights by a split."""
        data = super().clean()
        for name in list(data):  # an error takes its field out
            if name.startswith("person_") and not data[name]:
                self.add_error(name, NOBODY_LEFT)
        return data

    def decided(self) -> Step:
        """The split with what was decided."""
        return replace(
            self.step,
            divisions=self._values("division_"),
            measures=self._values("measure_"),
            rest=self.cleaned_data["rest"],
            people={
                ref: tuple(chosen)
                for ref, chosen in self._values("person_").items()
                if set(chosen) != set(self.step.targets)
            },
        )

    def _choice(self, name: str, label: str, initial: str) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=[("", UNDECIDED), *self._targets],
            initial=initial,
            required=False,
        )

    def _values(self, prefix: str) -> dict[str, Any]:
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix) and value
        }


def departments(office: Office) -> Choices:
    """The departments that there are, in office order."""
    return [(unit.ref, unit.name) for unit in _in_order(office.departments.values())]


def divisions(office: Office) -> Choices:
    """The divisions that there are, by department."""
    return [
        (name, [(unit.ref, f"{name} {unit.name}") for unit in office.own_divisions(ref)])
        for ref, name in departments(office)
        if office.own_divisions(ref)
    ]


def _in_order(units: Iterable[Unit]) -> list[Unit]:
    return sorted((unit for unit in units if not unit.has_ended), key=lambda unit: unit.order)
