"""The connection: it waits for its turn before it writes, and hands it on when that is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from .turns import Turns, turns_of

TOO_LONG = "database is locked: others wrote for {seconds} seconds, and the turn never came"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite's own wait for the lock is a sleep that grows, and whoever sleeps longest loses.

    Transactions that begin with the right to write (``transaction_mode`` IMMEDIATE), and single
    statements outside of one, therefore stand in line. Reading waits for nobody.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._has_turn = False
        self.execute_wrappers.append(self._in_turn)

    def _start_transaction_under_autocommit(self) -> None:
        if self.transaction_mode != "IMMEDIATE":
            super()._start_transaction_under_autocommit()
            return
        self._take_turn()
        try:
            with self._door():
                super()._start_transaction_under_autocommit()
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> None:
        # Where this fails the transaction is still there: Django rolls it back, or closes.
        super()._commit()
        self._give_turn_back()

    def _rollback(self) -> None:
        super()._rollback()
        self._give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._give_turn_back()

    def _in_turn(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        is_alone = not self.in_atomic_block and sql.lstrip()[:7].upper().startswith(_WRITES)
        if self._has_turn or not is_alone or self.transaction_mode != "IMMEDIATE":
            return execute(sql, params, many, context)
        self._take_turn()
        try:
            with self._door():
                return execute(sql, params, many, context)
        finally:
            self._give_turn_back()

    def _take_turn(self) -> None:
        with self._in_time():
            self._turns.take(self._patience)
        self._has_turn = True

    def _give_turn_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turns.give_back()

    @contextmanager
    def _door(self) -> Iterator[None]:
        with self._in_time(), self._turns.at_the_door(self._patience):
            yield

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as late:
            raise OperationalError(TOO_LONG.format(seconds=self._patience)) from late

    @property
    def _patience(self) -> float:
        return self.settings_dict["OPTIONS"].get("timeout", 5)

    @property
    def _turns(self) -> Turns:
        return turns_of(str(self.settings_dict["NAME"]), is_shared=not self.is_in_memory_db())
