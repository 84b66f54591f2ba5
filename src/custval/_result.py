"""What every result can do, and the account that every result carries which leaves rows out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from custval._frame import LazyTable, enter_any, to_mapping
from custval.errors import CustvalError

__all__ = ["Account", "Result", "as_data"]

_SHOWN_ROWS = 20
_SHOWN_NAMES = 8
_SHOWN_LETTERS = 200


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
    if _is_frame(value):
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
        shown = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if not f.name.startswith("_")}  # type: ignore[arg-type]
        return "\n".join([type(self).__name__, *(f"  {name}: {_short(value)}" for name, value in shown.items())])

    def _repr_html_(self) -> str:
        parts = [f"<div><strong>{html.escape(type(self).__name__)}</strong>"]
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if not field.name.startswith("_"):
                name = html.escape(field.name)
                parts.append(f"<details open><summary>{name}</summary>{_html(getattr(self, field.name))}</details>")
        return "".join([*parts, "</div>"])


def _short(value: Any) -> str:
    """A value on one line."""
    if _is_frame(value):
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


def _is_frame(value: Any) -> bool:
    # asked of the type: polars warns where a lazy frame is asked for its columns
    return hasattr(type(value), "columns") or hasattr(type(value), "column_names")


def _html(value: Any) -> str:
    if isinstance(value, Result):
        return value._repr_html_()
    if _is_frame(value):
        return _html_table(value)
    if isinstance(value, Mapping):
        rows = "".join(f"<tr><th>{html.escape(str(k))}</th><td>{_html(v)}</td></tr>" for k, v in value.items())
        return f"<table>{rows}</table>"
    return html.escape(str(value))


def _html_table(frame: Any) -> str:
    table = enter_any(frame)
    if isinstance(table, LazyTable):
        columns = ", ".join(map(html.escape, table.columns))
        return f"<p>a lazy frame of {html.escape(table.engine)}: {columns}</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    shown = to_mapping(dataclasses.replace(table, frame=table.frame.head(_SHOWN_ROWS)))
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape('' if cell is None else str(cell))}</td>" for cell in row) + "</tr>"
        for row in zip(*shown.values(), strict=True)
    )
    more = len(table) - _SHOWN_ROWS
    note = f"<p>… and {more:,} more rows</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


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
        object.__setattr__(self, "set_aside", MappingProxyType(dict(self.set_aside)))
        object.__setattr__(self, "amount_set_aside", MappingProxyType(dict(self.amount_set_aside)))

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
            ),
        )

    def __str__(self) -> str:
        lines = [f"{'rows in':<34}{self.rows_in:>12,}{_money(self.amount_in)}"]
        for reason in {**self.set_aside, **self.amount_set_aside}:
            rows, moved = self.set_aside.get(reason, 0), self.amount_set_aside.get(reason, 0.0)
            if not rows and not moved:
                continue
            amount = moved if self.amount_in is not None else None
            lines.append(f"  {'− ' + reason:<32}{rows:>12,}{_money(amount)}")
        lines.append(f"{'rows out':<34}{self.rows_out:>12,}{_money(self.amount_out)}")
        return "\n".join(lines)


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:>20,.2f}"
