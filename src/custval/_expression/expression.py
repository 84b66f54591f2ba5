"""What the rest of the library uses: read an expression, ask where it holds."""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import nearest
from custval._expression import syntax
from custval._expression.meaning import Part, as_type, column_of, known_of, part_of, reads_of
from custval._expression.on_arrays import fails_on_arrays
from custval._expression.syntax import Column, Node, Reader, RefusalError
from custval._frame import Table, enter, nulls, nw
from custval.errors import ColumnError, CustvalError

__all__ = ["Expression", "from_data", "parse", "parse_condition"]

_READS = 20_000  # far more than anyone writes, far less than `x % x % x …` could cost


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition or a value in terms of columns; made by `parse` and `from_data`, equal if the nodes are.

    Attributes
    ----------
    node : Column, Literal or Operation
        The expression as a tree.
    kind : {"condition", "value"}
        What it gives; a bare column is a "value", and serves as a condition where it is boolean.

    Examples
    --------
    >>> import pandas as pd
    >>> rule = parse("amount > 0 and country in ('FR', 'DE')")
    >>> rule.kind, rule.columns
    ('condition', ('amount', 'country'))
    >>> rule.evaluate(pd.DataFrame({"amount": [5.0, -1.0, None], "country": ["FR", "DE", "FR"]})).tolist()
    [True, False, False]
    >>> parse("amount * 2").evaluate({"amount": [5.0, None]}).tolist()
    [10.0, nan]
    """

    node: Node
    kind: str = field(compare=False)

    def __str__(self) -> str:
        return syntax.write(self.node)

    def __repr__(self) -> str:
        return f"Expression({str(self)!r})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, in order of appearance."""
        return syntax.columns_of(self.node)

    def to_data(self) -> Any:
        """JSON-safe data, which `from_data` takes back.

        An operation is a list, its name first (unary minus is `"negative"`, `not in` the `"not"` of an `"in"`); a
        column is `{"column": name}`, a date `{"date": "2011-12-09"}`, any other constant itself.

        Examples
        --------
        >>> parse("0 < amount and not done").to_data()
        ['and', ['<', 0, {'column': 'amount'}], ['not', {'column': 'done'}]]
        """
        return syntax.to_data(self.node)

    def to_narwhals(self, frame: Any) -> nw.Expr:
        """The narwhals expression for this frame: a condition without nulls (see `holds`), or a value with them.

        Parameters
        ----------
        frame : frame, eager or lazy
            Whose columns are meant: their types decide what is to be computed. Nothing is read from a lazy one.

        Raises
        ------
        ColumnError
            If a column is not there, or of a type that does not fit.

        Examples
        --------
        >>> import pandas as pd
        >>> lines = nw.from_native(pd.DataFrame({"quantity": [2, 3], "unit_price": [1.5, None]}))
        >>> lines.select(amount=parse("quantity * unit_price").to_narwhals(lines))["amount"].to_list()
        [3.0, nan]
        """
        return self._bind(frame, _plain)

    def holds(self, frame: Any) -> nw.Expr:
        """Where the condition is true: a boolean expression without nulls, to filter by.

        Examples
        --------
        >>> import pandas as pd
        >>> sales = nw.from_native(pd.DataFrame({"amount": [5.0, -1.0, None]}))
        >>> sales.filter(parse("amount > 0").holds(sales))["amount"].to_list()
        [5.0]
        """
        return self._bind(frame, lambda node, part: as_type(node, part, "condition").value)

    def fails(self, frame: Any) -> nw.Expr:
        """Where the condition is false; where it is null it neither holds nor fails.

        Examples
        --------
        >>> import pandas as pd
        >>> sales = nw.from_native(pd.DataFrame({"amount": [5.0, -1.0, None]}))
        >>> sales.filter(parse("amount > 0").fails(sales))["amount"].to_list()
        [-1.0]
        """
        return self._bind(frame, lambda node, part: as_type(node, part, "condition").false)

    def fails_on_arrays(self, table: Table) -> NDArray[np.bool_] | None:
        """The same as an array, in a fraction of the time; None unless it is all about plain arrays of numbers."""
        return fails_on_arrays(self.node, self.columns, table)

    def evaluate(self, columns: Any) -> NDArray[Any]:
        """The result for each row, from arrays or an eager frame.

        Parameters
        ----------
        columns : mapping of str to array of shape (n,), or eager frame
            Nulls are NaN, NaT or None.

        Returns
        -------
        array of shape (n,)
            A condition as bool, null counting as False; numbers as float64 with NaN, times as datetime64 with NaT,
            text as object with None.
        """
        table = enter(columns, "the mapping" if isinstance(columns, Mapping) else "the table")
        series = table.frame.with_columns(result=self.to_narwhals(table))["result"]
        if series.dtype == nw.Boolean:
            return np.asarray(series.to_numpy(), dtype=bool)
        missing = nulls(series)
        if series.dtype.is_numeric():
            values = np.full(len(series), np.nan)
            values[~missing] = series[np.flatnonzero(~missing)].cast(nw.Float64).to_numpy()
            return values
        values = np.array(series.to_numpy())
        if values.dtype.kind != "M":
            values = values.astype(object)
            values[missing] = None
        return values

    def _bind(self, frame: Any, finish: Callable[[Node, Part], Any]) -> nw.Expr:
        what = frame.what if isinstance(frame, Table) else "the table"
        entered = frame.frame if isinstance(frame, Table) else nw.from_native(frame)
        schema = entered.collect_schema()
        for name in self.columns:
            if name not in schema:
                raise _missing(self, name, list(schema), what)
        try:
            column = functools.cache(lambda name: column_of(entered, name, schema[name]))
            result: nw.Expr = finish(self.node, part_of(self.node, column))
        except RefusalError as refusal:
            concerned = syntax.columns_of(refusal.node or self.node)
            types = "".join(f"; {name!r} is {schema[name]}" for name in concerned)
            raise ColumnError(
                f"{_shown(self)} does not fit {what}: {refusal}{types}",
                column=concerned[0] if concerned else None,
                suggestion="convert the column first",
            ) from None
        if not self.columns and schema:  # a constant has as many rows as the table only beside a column
            missing = nw.col(next(iter(schema))).is_null()
            result = nw.when(missing | ~missing).then(result)
        return result


def _plain(node: Node, part: Part) -> Any:
    if isinstance(node, Column) and part.type in {"nothing", "other"}:
        return nw.col(node.name)
    if part.type == "condition":
        return part.value
    known = known_of(node, part)
    return part.value if known is None else nw.when(known).then(part.value)


def _shown(expression: Expression) -> str:
    text = str(expression)
    return text if len(text) < 200 else text[:200] + " …"


def _missing(expression: Expression, name: str, there: list[str], what: str) -> ColumnError:
    close = nearest(name, there)
    return ColumnError(
        f"{_shown(expression)} needs a column {name!r}, which {what} has not; it has "
        f"{', '.join(map(repr, there)) or 'none'}{f'; the closest is {close!r}' if close else ''}",
        column=name,
        suggestion=close,
    )


def parse(text: str | Expression) -> Expression:
    """Read an expression.

    Raises
    ------
    CustvalError
        If the text is not of the language; the message shows the place and what is allowed.

    Examples
    --------
    >>> str(parse("frequency>=2 and(0 < time_since_last <= 30)"))
    'frequency >= 2 and 0 < time_since_last and time_since_last <= 30'
    >>> parse("amount.__class__")
    Traceback (most recent call last):
    custval.errors.CustvalError: Attribute is not part of the language:
        amount.__class__
        ^
    An expression has columns (in `backticks` ...
    """
    if isinstance(text, Expression):
        return text
    if not isinstance(text, str):
        raise CustvalError(f"an expression is text; got {reprlib.repr(text)}. {syntax.ALLOWED}", code="expression")
    reader = Reader(text)
    node = reader.read()
    try:
        return _checked(node)
    except RefusalError as refusal:
        raise reader.problem(refusal) from None


def parse_condition(text: str | Expression) -> Expression:
    """Read an expression that must be a condition; a bare column is taken for a boolean one.

    Examples
    --------
    >>> parse_condition("amount + 1")
    Traceback (most recent call last):
    custval.errors.CustvalError: a condition is wanted, such as amount > 0; amount + 1 is a value
    """
    expression = parse(text)
    if expression.kind != "condition" and not isinstance(expression.node, Column):
        message = f"a condition is wanted, such as amount > 0; {_shown(expression)} is a value"
        raise CustvalError(message, code="expression")
    return expression


def from_data(data: Any) -> Expression:
    """Take back what `Expression.to_data` gave, checked as strictly as text.

    Examples
    --------
    >>> from_data([">", {"column": "unit price"}, 0])
    Expression('`unit price` > 0')
    """
    try:
        return _checked(syntax.from_data(data))
    except RefusalError as refusal:
        message = f"this is no expression: {refusal}; got {reprlib.repr(data):.200}"
        raise CustvalError(message, code="expression") from None


def _checked(node: Node) -> Expression:
    if syntax.depth_of(node) > syntax.DEPTH or reads_of(node) > _READS or len(syntax.write(node)) > syntax.LENGTH:
        raise RefusalError("the expression is too large, or nested too deeply")
    kind = part_of(node).type
    if kind == "day":
        raise RefusalError("a date stands in comparisons only", node)
    return Expression(node, "condition" if kind == "condition" else "value")
