"""Units that have another name or place by now: what a file means that was out meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from procedures.models import Department, Division
from procedures.models.organisation import Unit
from procedures.spreadsheet.keys import name_key


class FormerUnits:
    """Names that units had once → ``departments`` and ``divisions``, those of now; four queries."""

    def __init__(self, departments: Iterable[Department], divisions: Iterable[Division]) -> None:
        self._departments = {unit.pk: unit for unit in departments}
        self._divisions = {
            unit.pk: unit for unit in divisions if unit.department_id in self._departments
        }
        self._heirs = {model: _heirs(model) for model in (Department, Division)}
        self._named: dict[str, set[int]] = defaultdict(set)
        for pk, name in Department.history.values_list("id", "name").order_by("history_id"):
            if pk in self._heirs[Department]:  # and not gone with a reorganisation taken back
                self._named[name_key(name)].add(pk)
        self._parts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        parts = Division.history.values_list("id", "name", "department_id")
        for pk, name, department in parts.order_by("history_id"):
            if pk in self._heirs[Division]:
                self._parts[name_key(name)].append((pk, department))

    def knows(self, name: Any) -> bool:
        """Whether some department had that name once."""
        return name_key(name) in self._named

    def department(self, name: Any) -> Department | None:
        """What stands in the place of the departments that had that name, if it is one."""
        heirs = {self._heir(Department, pk) for pk in self._named.get(name_key(name), ())}
        return self._departments.get(heirs.pop()) if len(heirs) == 1 else None

    def division(self, name: Any, department_name: Any) -> Division | None:
        """As ``department``, of the divisions that had that name in that department."""
        owners = self._named.get(name_key(department_name), set()) if department_name else None
        heirs = {
            self._heir(Division, pk)
            for pk, owner in self._parts.get(name_key(name), ())
            if owners is None or owner in owners
        }
        return self._divisions.get(heirs.pop()) if len(heirs) == 1 else None

    def _heir(self, model: type[Unit], pk: int) -> int:
        """Where the successors of a unit lead."""
        heirs, seen = self._heirs[model], {pk}
        while (following := heirs.get(pk)) and following not in seen:
            seen.add(following)
            pk = following
        return pk


def _heirs(model: type[Unit]) -> Mapping[int, int | None]:
    return dict(model.objects.order_by().values_list("pk", "successor_id"))
