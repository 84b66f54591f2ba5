"""What every result can do, and the account that every result carries which leaves rows out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from custval._frame import LazyTable, enter_any, new_frame, to_mapping
from custval._page import cut, is_frame, page, sections_of, short, table_of
from custval.errors import CustvalError

__all__ = ["Account", "Result", "as_data"]

_SHOWN_NAMES = 8
_SHOWN_LETTERS = 200
_LABEL = 48


def as_data(value: Any) -> Any:
    """A value as JSON-safe data: dicts, lists, text, numbers, booleans, None."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (np.generic, float)):
        return _scalar(value)
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [as_data(item) for item in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if is_frame(value):
        table = enter_any(value)
        if isinstance(table, LazyTable):  # its rows are in the engine, and stay there
            return {"lazy": table.engine, "columns": table.columns}
        return as_data(to_mapping(table))
    return str(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else str(value)
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


class Result:
    """A frozen answer: `to_dict()` for services, `to_frame()` for tables, HTML in notebooks."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON-safe data; frames become mappings of columns to lists, lazy ones the names of them."""
        return {
            field.name: as_data(getattr(self, field.name))
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if not field.name.startswith("_")
        }

    def to_frame(self) -> Any:
        """The main table of the result."""
        raise CustvalError(f"{type(self).__name__} has no single table")

    def __str__(self) -> str:
        """The fields, one to a line; of tables how large they are."""
        shown = self._shown()
        return "\n".join([type(self).__name__, *(f"  {name}: {_short(value)}" for name, value in shown.items())])

    def _html_sections(self) -> list[str]:
        """What stands below the title of the page, here or inside another result."""
        return sections_of(self._shown())

    def _shown(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if not f.name.startswith("_")}  # type: ignore[arg-type]

    def _repr_html_(self) -> str:
        return page(type(self).__name__, "", *self._html_sections())


def _short(value: Any) -> str:
    """A value on one line."""
    if is_frame(value):
        table = enter_any(value)
        size = f"a lazy frame of {table.engine}" if isinstance(table, LazyTable) else f"{len(table):,} rows"
        return f"{size}: {_listed(table.columns)}"
    if isinstance(value, Mapping):
        return f"{len(value):,} entries: {_listed(map(str, value))}"
    if isinstance(value, Result):
        return type(value).__name__
    text = str(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_SHOWN_NAMES]) + (", …" if len(names) > _SHOWN_NAMES else "")


@dataclasses.dataclass(frozen=True, slots=True)
class Account(Result):
    """Rows in = rows out + rows set aside, by reason; the money likewise where there is money.

    Attributes
    ----------
    rows_in, rows_out : int
    set_aside : mapping of str to int
        Rows set aside, by reason.
    amount_in, amount_out : float or None
        Money before and after, in the table's own currency.
    amount_set_aside : mapping of str to float
        Money set aside, by reason; the reasons are those of `set_aside`, and there may be changes of money that
        take no row away.
    changed : mapping of str to int
        Rows that stay and of whose money a part was set aside, by reason.
    kept : mapping of str to (int, float or None)
        Rows that stay and have something about them, and their money, by what it is.

    Examples
    --------
    >>> from custval._result import Account
    >>> account = Account(rows_in=10, rows_out=7, set_aside={"duplicate": 3})
    >>> account.to_dict()["set_aside"]
    {'duplicate': 3}
    """

    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int]
    amount_in: float | None = None
    amount_out: float | None = None
    amount_set_aside: Mapping[str, float] = dataclasses.field(default_factory=dict)
    changed: Mapping[str, int] = dataclasses.field(default_factory=dict)
    kept: Mapping[str, tuple[int, float | None]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        aside = sum(self.set_aside.values())
        if self.rows_in != self.rows_out + aside:
            raise AssertionError(f"rows do not add up: {self.rows_in} in, {self.rows_out} out, {aside} set aside")
        if self.amount_in is not None and self.amount_out is not None:
            moved = math.fsum(self.amount_set_aside.values())
            if abs(self.amount_in - self.amount_out - moved) > 1e-9 * max(1.0, abs(self.amount_in), self._turnover()):
                raise AssertionError(
                    f"money does not add up: {self.amount_in} in, {self.amount_out} out, {moved} set aside"
                )
        for name in ("set_aside", "amount_set_aside", "changed", "kept"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def _turnover(self) -> float:
        return math.fsum(map(abs, self.amount_set_aside.values()))

    def __reduce__(self) -> tuple[Any, ...]:
        # a mapping proxy cannot be pickled; the constructor makes a new one
        return (
            type(self),
            (
                self.rows_in,
                self.rows_out,
                dict(self.set_aside),
                self.amount_in,
                self.amount_out,
                dict(self.amount_set_aside),
                dict(self.changed),
                dict(self.kept),
            ),
        )

    def _lines(self) -> list[tuple[str, int, float | None]]:
        """Label, rows and money: in, set aside by reason, out, and what is to be said about those that stay."""
        lines: list[tuple[str, int, float | None]] = [("rows in", self.rows_in, self.amount_in)]
        for reason in {**self.set_aside, **self.amount_set_aside}:
            rows, moved = self.set_aside.get(reason, 0), self.amount_set_aside.get(reason, 0.0)
            if not rows and not moved:
                continue
            changed = self.changed.get(reason, 0)
            label = f"{reason} ({changed:,} changed)" if changed else reason
            lines.append((f"− {label}", rows, moved if self.amount_in is not None else None))
        lines.append(("rows out", self.rows_out, self.amount_out))
        return [*lines, *((f"of them {what}", *numbers) for what, numbers in self.kept.items() if numbers[0])]

    def to_frame(self) -> Any:
        """A pandas frame of `reason, rows, amount`: "rows in", the reasons, "rows out"; amount null without money."""
        reasons = list({**self.set_aside, **self.amount_set_aside})
        money = [self.amount_in, *(self.amount_set_aside.get(reason, 0.0) for reason in reasons), self.amount_out]
        known = self.amount_in is not None
        amounts = [np.nan if one is None or not known else float(one) for one in money]
        return new_frame(
            {
                "reason": ["rows in", *reasons, "rows out"],
                "rows": np.array([self.rows_in, *(self.set_aside.get(r, 0) for r in reasons), self.rows_out], np.int64),
                "amount": np.array(amounts, dtype=np.float64),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON-safe data; `changed` and `kept` only where there are such rows."""
        data = Result.to_dict(self)
        return {name: value for name, value in data.items() if name not in {"changed", "kept"} or value}

    def __str__(self) -> str:
        lines = [
            (f"{'' if label in {'rows in', 'rows out'} else '  '}{cut(label, _LABEL)}", rows, amount)
            for label, rows, amount in self._lines()
        ]
        width = max(34, *(len(label) for label, _, _ in lines))
        return "\n".join(f"{label:<{width}}{rows:>12,}{_money(amount)}" for label, rows, amount in lines)

    def _html_sections(self) -> list[str]:
        has_money = self.amount_in is not None
        rows = [
            [short(cut(label, 2 * _LABEL), 2 * _LABEL), f"{n:,}", *([_money(amount).strip()] if has_money else [])]
            for label, n, amount in self._lines()
        ]
        return [table_of(["", "rows", "amount"][: 2 + has_money], rows, (1, 2))]


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:>20,.2f}"
