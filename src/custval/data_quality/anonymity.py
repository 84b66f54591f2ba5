"""Can persons be told apart by what others may know of them? k, l and t of a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import whole
from custval._frame import Table, codes, enter, is_times, nulls, nw, refuse_other_libraries, times
from custval._kernels.anonymity import (
    class_sizes,
    combine,
    distinct_diversity,
    entropy_diversity,
    equal_distance,
    occurring_pairs,
    ordered_distance,
)
from custval.data_quality._cells import cells, quiet_numbers
from custval.data_quality._columns_named import columns_named
from custval.data_quality._private import PrivateResult
from custval.data_quality._sealed import reduce_sealed, seal
from custval.errors import CustvalError, DataError
from custval.typing import IntArray, IntoFrame

__all__ = ["Anonymity", "anonymity"]


@dataclasses.dataclass(frozen=True, slots=True)
class Anonymity(PrivateResult):
    """What `anonymity` gives back.

    Attributes
    ----------
    rows, classes : int
        Rows, and equivalence classes: rows that agree in all quasi-identifiers.
    k : int or None
        The size of the smallest class; None without rows.
    uniques : int
        Rows that are alone in their class.
    distinct_l : mapping of str to int
        By sensitive column: the least number of different values in a class.
    entropy_l : mapping of str to float
        By sensitive column: the least exponential of the entropy in a class; 1 where a class has one value only.
    t : mapping of str to float
        By sensitive column: the largest distance of a class from the whole table, 0 to 1.
    t_distance : mapping of str to str
        By sensitive column: "ordered" for numbers and dates, "equal" for everything else.
    risk_max, risk_mean : float or None
        Of re-identification, if it is known that a person is in the table (prosecutor): 1 / class size of the worst
        row, and the mean over the rows, which is classes / rows.
    journalist_risk_max, journalist_risk_mean : float or None
        The same with the class sizes of the population; None without one.
    sizes : frame
        Per size of class, in ascending order: `class_size, classes, rows, risk`.
    """

    rows: int
    classes: int
    k: int | None
    uniques: int
    distinct_l: Mapping[str, int] = dataclasses.field(hash=False)
    entropy_l: Mapping[str, float] = dataclasses.field(hash=False)
    t: Mapping[str, float] = dataclasses.field(hash=False)
    t_distance: Mapping[str, str] = dataclasses.field(hash=False)
    risk_max: float | None
    risk_mean: float | None
    journalist_risk_max: float | None
    journalist_risk_mean: float | None
    sizes: Any
    _size: Any = dataclasses.field(repr=False, compare=False)

    def __post_init__(self) -> None:
        seal(self, "sizes")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """The sizes of the classes."""
        return self.sizes

    def rows_below(self, k: int) -> NDArray[np.bool_]:
        """Which rows are in a class of fewer than `k`: an array of bool in the order of the table, shape (rows,)."""
        below: NDArray[np.bool_] = self._size < whole(k, "k", at_least=1)
        return below


def anonymity(
    frame: IntoFrame,
    quasi_identifiers: str | Sequence[str],
    sensitive: str | Sequence[str] | None = None,
    *,
    population: IntoFrame | None = None,
) -> Anonymity:
    """Measure k-anonymity, l-diversity and t-closeness, and the risk that a person is found again.

    Parameters
    ----------
    frame : frame
        One row per person.
    quasi_identifiers : str or sequence of str
        Columns that others may know too: postcode, birth date, gender …
    sensitive : str or sequence of str, optional
        Columns that nobody should learn from the table.
    population : frame, optional
        All persons that the table may have been drawn from, with the quasi-identifiers, coded alike: an attacker who
        does not know who is in the table has to tell apart the persons of the population.

    Returns
    -------
    Anonymity
        `.k, .distinct_l, .entropy_l, .t, .uniques`, risks, `.sizes`, and `.rows_below(k)`.

    Raises
    ------
    ColumnError
        If a column is missing, or holds nested values.
    DataError
        If the population lacks a class of the table, so that it is none of it; if the frame is lazy.
    CustvalError
        If a column is both quasi-identifier and sensitive.

    Notes
    -----
    Null is a value of its own, equal to null, among the quasi-identifiers and among the sensitive values (the lowest
    one where values have an order). Values are compared as they stand: generalize first. The ordered distance takes
    the different values of the whole table as ranks with equal steps. A table with large k can still give
    everything away if a class has one sensitive value only: that is what l and t are for.

    References
    ----------
    Sweeney, L. (2002). k-Anonymity: a model for protecting privacy. International Journal of Uncertainty, Fuzziness
    and Knowledge-Based Systems 10(5), 557-570.

    Machanavajjhala, A., Kifer, D., Gehrke, J. & Venkitasubramaniam, M. (2007). l-Diversity: privacy beyond
    k-anonymity. ACM Transactions on Knowledge Discovery from Data 1(1), 3.

    Li, N., Li, T. & Venkatasubramanian, S. (2007). t-Closeness: privacy beyond k-anonymity and l-diversity. ICDE,
    106-115.

    Risks: El Emam, K. & Dankar, F. K. (2008). Protecting privacy using k-anonymity. Journal of the American Medical
    Informatics Association 15(5), 627-637.

    Examples
    --------
    The salaries of table 3 of Li et al., 0.167-close:

    >>> import pandas as pd
    >>> from custval.data_quality import anonymity
    >>> people = pd.DataFrame(
    ...     {
    ...         "zip": ["4767*", "4767*", "4767*", "4790*", "4790*", "4790*", "4760*", "4760*", "4760*"],
    ...         "salary": [3, 5, 9, 6, 11, 8, 4, 7, 10],
    ...     }
    ... )
    >>> found = anonymity(people, "zip", "salary")
    >>> found.k, found.distinct_l["salary"], round(found.t["salary"], 3)
    (3, 3, 0.167)
    """
    table = enter(frame)
    quasi = columns_named(table, quasi_identifiers, "quasi_identifiers")
    hidden = [] if sensitive is None else columns_named(table, sensitive, "sensitive")
    both = sorted(set(quasi) & set(hidden))
    if both:
        raise CustvalError(f"a column is a quasi-identifier or sensitive, not both: {', '.join(map(repr, both))}")
    n = len(table)
    if population is None:
        code, elsewhere = combine([_codes(table, name)[0] for name in quasi], n), None
    else:
        code, elsewhere = _in_population(table, enter(population, "the population"), quasi)
    size = class_sizes(code)
    diversity = {name: _diversity(table, name, code) for name in hidden} if n else {}
    own = size[code] if n else np.zeros(0, dtype=np.int64)
    risk = None if elsewhere is None or not n else 1.0 / elsewhere
    return Anonymity(
        rows=n,
        classes=len(size),
        k=int(size.min()) if n else None,
        uniques=int((size == 1).sum()),
        distinct_l={name: found[0] for name, found in diversity.items()},
        entropy_l={name: found[1] for name, found in diversity.items()},
        t={name: found[2] for name, found in diversity.items()},
        t_distance={name: found[3] for name, found in diversity.items()},
        risk_max=float(1.0 / size.min()) if n else None,
        risk_mean=len(size) / n if n else None,
        journalist_risk_max=None if risk is None else float(risk.max()),
        journalist_risk_mean=None if risk is None else float(risk.mean()),
        sizes=_sizes(table, size),
        _size=own,
    )


def _codes(table: Table, name: str) -> tuple[IntArray, bool]:
    """Codes in the order of the values, null first, and whether that order means something."""
    series = table[name]
    if series.dtype.is_integer():
        known = ~nulls(series)
        code = np.zeros(len(known), dtype=np.int64)
        code[known] = codes(series[np.flatnonzero(known)])[0] + (not known.all())
        return code, True
    if series.dtype.is_numeric():
        values = quiet_numbers(table, name)
        return _ranks(values, ~np.isnan(values)), True
    if series.dtype == nw.Date or is_times(series):
        instant = times(table, name).instant
        return _ranks(instant, ~np.isnat(instant)), True
    column = cells(table, name)
    known = column.code >= 0
    rank = _ranks(np.array(column.texts, dtype=object), np.ones(len(column.texts), dtype=bool))
    code = np.zeros(len(known), dtype=np.int64)
    code[known] = rank[column.code[known]] + (not known.all())
    return code, False


def _ranks(values: NDArray[Any], known: NDArray[np.bool_]) -> IntArray:
    code = np.zeros(len(values), dtype=np.int64)
    code[known] = np.unique(values[known], return_inverse=True)[1].reshape(-1) + (not known.all())
    return code


def _diversity(table: Table, name: str, code: IntArray) -> tuple[int, float, float, str]:
    value, ordered = _codes(table, name)
    pairs = occurring_pairs(code, value)
    distance = ordered_distance(pairs) if ordered else equal_distance(pairs)
    return (
        int(distinct_diversity(pairs).min()),
        float(entropy_diversity(pairs).min()),
        float(distance.max()),
        "ordered" if ordered else "equal",
    )


def _in_population(table: Table, population: Table, quasi: list[str]) -> tuple[IntArray, NDArray[Any]]:
    """The classes of the table, and for each row how many persons of the population are in its class."""
    refuse_other_libraries([table, population])
    population.require(*quasi)
    n, columns = len(table), []
    for name in quasi:
        here, there = cells(table, name), cells(population, name)
        number = {text: place for place, text in enumerate(dict.fromkeys([*here.texts, *there.texts]), start=1)}
        places = [np.array([0, *(number[text] for text in part.texts)])[part.code + 1] for part in (here, there)]
        columns.append(np.concatenate(places))
    joint = combine(columns, n + len(population))
    found = np.bincount(joint[n:], minlength=int(joint.max(initial=-1)) + 1)[joint[:n]]
    missing = found == 0
    if missing.any():
        raise DataError(
            f"{int(missing.sum()):,} of {n:,} rows have quasi-identifiers that nobody in the population has; the table "
            "must be a part of the population, coded alike",
            count=int(missing.sum()),
            suggestion="generalize both alike first",
            code="population",
            examples=np.flatnonzero(missing)[:5].tolist(),
        )
    return combine([joint[:n]], n), found


def _sizes(table: Table, size: IntArray) -> Any:
    values, classes = np.unique(size, return_counts=True)
    text = table.series
    return table.make(
        {
            "class_size": text("class_size", values, nw.Int64),
            "classes": text("classes", classes.astype(np.int64), nw.Int64),
            "rows": text("rows", (values * classes).astype(np.int64), nw.Int64),
            "risk": text("risk", 1.0 / values if len(values) else np.zeros(0), nw.Float64),
        }
    )
