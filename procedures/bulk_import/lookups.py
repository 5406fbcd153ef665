"""Names in a file → rows of the database, with the nearest known names for what is unknown."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz, process

from procedures.models import (
    ApplicationService,
    Department,
    Division,
    NationalPriorityProcedure,
)
from procedures.spreadsheet.cell import CLEAR
from procedures.spreadsheet.keys import name_key

from .drafts import Draft
from .former import FormerUnits

NOT_A_DEPARTMENT = "シート名「{name}」は部局室の名称でないため、部局室としては読みませんでした。"
READ_AS = "{what}「{old}」は、今の「{new}」として読みました（組織改正のため）。"
NO_MORE = "部局室「{name}」は今はありません。この行では、部局室と課を変えません。"
_NEAR = 45  # of 100; below that a name is no help


class Lookups:
    """Everything that a file names, loaded once per import."""

    def __init__(self, on: date) -> None:
        self.departments = {name_key(unit.name): unit for unit in Department.objects.current(on)}
        self.divisions: dict[str, list[Division]] = defaultdict(list)
        for division in Division.objects.current(on).select_related("department"):
            self.divisions[name_key(division.name)].append(division)
        self.services: dict[str, ApplicationService] = {}
        for service in ApplicationService.objects.all():
            self.services[name_key(service.name)] = service
            self.services[name_key(service.code)] = service
        self.national = list(NationalPriorityProcedure.objects.current())
        self._national_by_key = {name_key(item.name): item for item in self.national}
        self._national_by_key |= {str(item.number): item for item in self.national}

    @property
    def unit_names(self) -> list[tuple[str, list[str]]]:
        """Each department with its divisions, in office order, as a workbook offers them."""
        own: dict[int, list[Division]] = {}
        for divisions in self.divisions.values():
            for division in divisions:
                own.setdefault(division.department_id, []).append(division)
        return [
            (
                department.name,
                [unit.name for unit in sorted(own.get(department.pk, []), key=_office_order)],
            )
            for department in self.departments.values()
        ]

    @property
    def service_names(self) -> list[str]:
        """The names of the services, each once, as a workbook offers them."""
        return list(dict.fromkeys(service.name for service in self.services.values()))

    def department_name(self, pk: int) -> str:
        """The name of a department, also of one that is no more."""
        return self._all_departments[pk]

    @cached_property
    def _all_departments(self) -> dict[int, str]:
        return dict(Department.objects.values_list("pk", "name"))

    def units(self, draft: Draft) -> dict[str, int | None]:
        """``department_id`` and ``division_id`` as the row says; empty where it says nothing."""
        department_name = draft.values.get("department")
        division_name = draft.values.get("division")
        if department_name is CLEAR:
            return {"department_id": None, "division_id": None}
        if division_name is CLEAR:
            division_name = None
        if department_name is None and not division_name:
            return {}
        if draft.values.get("department_from_sheet") and not self._is_department(department_name):
            draft.notes.append(NOT_A_DEPARTMENT.format(name=department_name))
            department_name = None
        department = self._department(draft, department_name) if department_name else None
        if department_name and department is None:
            return self._of_former(draft, department_name, division_name)
        if not division_name:
            return {"department_id": department.pk, "division_id": None} if department else {}
        division = self._division(draft, division_name, department, department_name)
        if division is None:
            return {}
        return {"department_id": division.department_id, "division_id": division.pk}

    @cached_property
    def _former(self) -> FormerUnits:
        divisions = [unit for units in self.divisions.values() for unit in units]
        return FormerUnits(self.departments.values(), divisions)

    def _of_former(
        self, draft: Draft, department_name: Any, division_name: Any
    ) -> dict[str, int | None]:
        """What a row says with a department that was split, if it is one; its division knows."""
        if not self._former.knows(department_name):
            return {}
        division = self._former.division(division_name, department_name) if division_name else None
        if division is None and draft.procedure is None:
            known = [unit.name for unit in self.departments.values()]
            draft.reject("department", _unknown("部局室", department_name, known))
            return {}
        if division is None:
            draft.notes.append(NO_MORE.format(name=department_name))
            return {}
        names = f"{department_name} {division_name}", f"{division.department} {division}"
        _note_read_as(draft, "課", *names)
        return {"department_id": division.department_id, "division_id": division.pk}

    def service(self, draft: Draft) -> ApplicationService | None:
        """The service that the row names; an unknown one rejects the row."""
        name = draft.values["service"]
        service = self.services.get(name_key(name))
        if service is None:
            known = {service.name for service in self.services.values()}
            draft.reject("service", _unknown("利用サービス", name, known))
        return service

    def national_priority(self, draft: Draft) -> NationalPriorityProcedure | None:
        """The procedure of the national list that the row names by number or name."""
        name = draft.values["national_priority"]
        item = self._national_by_key.get(name_key(name))
        if item is None:
            known = [item.name for item in self.national]
            draft.reject("national_priority", _unknown("国の優先手続", name, known))
        return item

    def _is_department(self, name: str) -> bool:
        return name_key(name) in self.departments or self._former.knows(name)

    def _department(self, draft: Draft, name: str) -> Department | None:
        department = self.departments.get(name_key(name))
        if department is None and self._former.knows(name):
            department = self._former.department(name)
            if department is not None:
                _note_read_as(draft, "部局室", name, department.name)
        elif department is None:
            known = [unit.name for unit in self.departments.values()]
            draft.reject("department", _unknown("部局室", name, known))
        return department

    def _division(
        self, draft: Draft, name: str, department: Department | None, department_name: str | None
    ) -> Division | None:
        found = self.divisions.get(name_key(name), [])
        fitting = [unit for unit in found if department in (None, unit.department)]
        if len(fitting) == 1:
            return fitting[0]
        former = None if fitting else self._former.division(name, department_name)
        if former is not None:
            _note_read_as(draft, "課", name, f"{former.department} {former}")
            return former
        owners = "・".join(f"「{unit.department.name}」" for unit in found)
        if department and found:
            draft.reject(
                "division",
                f"課「{name}」は「{department.name}」にはありません。{owners}の課です。"
                "部局室か課を直してください。",
            )
        elif found:
            draft.reject(
                "division",
                f"課「{name}」は{owners}にあります。部局室の列にどれかを入力してください。",
            )
        else:
            own = [
                unit.name
                for units in self.divisions.values()
                for unit in units
                if department in (None, unit.department)
            ]
            draft.reject("division", _unknown("課", name, own))
        return None


def _note_read_as(draft: Draft, what: str, old: Any, new: str) -> None:
    draft.notes.append(READ_AS.format(what=what, old=old, new=new))


def _office_order(unit: Division) -> tuple[int, int]:
    return unit.order, unit.pk


def _unknown(what: str, name: Any, known: Iterable[str]) -> str:
    near = [
        choice
        for choice, _, _ in process.extract(
            str(name), sorted(set(known)), scorer=fuzz.WRatio, score_cutoff=_NEAR, limit=3
        )
    ]
    hint = f"近いもの：{'、'.join(near)}。" if near else ""
    return f"{what}「{name}」は登録されていません。{hint}登録済みの名称に直してください。"
