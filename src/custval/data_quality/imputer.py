"""Missing cells filled from the known ones of the training rows, every filled cell on record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from custval._check import choice, flag
from custval._frame import Table, enter, new_frame, nulls, nw, to_mapping
from custval._model import check_fitted, envelope, open_envelope
from custval._result import Result
from custval.data_quality._column_models import ColumnModels
from custval.data_quality._column_profile import kind_of
from custval.data_quality._columns_named import columns_named
from custval.data_quality._fills import Fill, kinds_of, learn_fill, why_left
from custval.data_quality._ledger import refuse_taken_names
from custval.data_quality._measured import Strata, strata
from custval.data_quality._page import page, short, table_of, written
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._text import as_text
from custval.errors import ColumnError, CustvalError

__all__ = ["Imputation", "Imputer"]

_STRATEGIES = ("auto", "median", "mode", "model")
_SHOWN = 20
_TYPES = {"number": nw.Float64, "text": nw.String, "boolean": nw.Boolean}


@dataclasses.dataclass(frozen=True, slots=True)
class Imputation(Result):
    """What `Imputer.transform_with_log` gives back.

    Attributes
    ----------
    frame : frame or array
        Every row and column of the input, its missing cells filled where the imputer fills them.
    log : frame
        One row per filled cell: `row` (from 0), `column, before` (null)`, after` (text)`, rule`.
    left : mapping of str to str
        Columns that still have nulls, and why.
    filled : mapping of str to int
        Filled cells, by column.
    """

    frame: Any
    log: Any
    left: Mapping[str, str] = dataclasses.field(hash=False)
    filled: Mapping[str, int] = dataclasses.field(hash=False)

    def __post_init__(self) -> None:
        seal(self, "frame", "log")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """Every row and column of the input, missing cells filled."""
        return self.frame

    def _repr_html_(self) -> str:
        log = enter(self.log)
        top = to_mapping(dataclasses.replace(log, frame=log.frame.head(_SHOWN)))
        rows = [
            [written(row), short(column), short(after), short(rule, 80)]
            for row, column, _, after, rule in zip(*top.values(), strict=True)
        ]
        columns = [[short(name), written(count), ""] for name, count in self.filled.items()]
        columns += [[short(name), "0", short(why, 100)] for name, why in self.left.items()]
        return page(
            "Imputation",
            f"{sum(self.filled.values()):,} cells filled; {len(self.left):,} columns left with nulls",
            table_of(["column", "filled", "left, because"], columns, (1,)),
            table_of(["row", "column", "after", "rule"], rows, (0,)),
        )


class Imputer(TransformerMixin, BaseEstimator):
    """Fill missing cells with what the training rows say; never invent an identifier, an address or a date.

    Parameters
    ----------
    strategy : {"auto", "median", "mode", "model"}
        "auto": numbers by their median, flags (two values) and categories by the most frequent value. "median": numbers
        only. "mode": everything by the most frequent value, the smallest of equally frequent ones. "model": gradient
        boosted trees of the other columns for each column that has nulls when fitted and 50 known values; others as
        under "auto".
    by : str or sequence of str, optional
        Within strata of these columns; where a stratum has fewer than 3 known values, of all rows. Not for "model",
        which reads all columns anyway and falls back to strata.
    add_indicator : bool
        Add `<column>_missing` for each column that has nulls when fitted.
    exclude : str or sequence of str, optional
        Columns to leave as they are.
    random_state : int, RandomState or None
        Of the models.

    Attributes
    ----------
    left_ : dict of str to str
        Columns that are never filled, and why.
    indicated_ : list of str
        Columns that had nulls when fitted.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    Left as they are, and reported: columns named like an identifier (`customer_id`), a date (`order_date`) or what
    belongs to one person (`email`, `postcode`, `birth_date`, `收件人`); columns whose values all differ, or look like
    e-mail addresses, long numbers, dates ("3 Jan 2020", 20200103), street or internet addresses, or other personal
    data; whole numbers beyond 2^53; dates and times, nested values, and columns without any known value. What neither
    its name nor its values tell is filled like any category: name such columns in `exclude`.

    Numbers stay in the range that was seen, and whole where all were whole (medians are rounded half to even).
    A fill that a column of whole numbers has no room for makes it wider: Int8 to Int64, and whole numbers to floats.
    Arrays are numbers only; frames come back in their own library.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import Imputer
    >>> people = pd.DataFrame(
    ...     {
    ...         "email": ["a@b.de", None, "c@d.fr", "e@f.it"],
    ...         "city": ["Rome", "Rome", "Ulm", None],
    ...         "income": [41.0, 52.0, None, 60.0],
    ...     }
    ... )
    >>> done = Imputer().fit(people).transform_with_log(people)
    >>> done.frame["income"].to_list(), dict(done.left)
    ([41.0, 52.0, 52.0, 60.0], {'email': 'named like what belongs to one person'})
    >>> done.log[["row", "column", "after", "rule"]]
       row  column after    rule
    0    3    city  Rome    mode
    1    2  income    52  median
    """

    def __init__(
        self,
        strategy: str = "auto",
        by: str | Sequence[str] | None = None,
        add_indicator: bool = False,  # noqa: FBT001, FBT002 - parameters of estimators go by name
        exclude: str | Sequence[str] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.strategy = strategy
        self.by = by
        self.add_indicator = add_indicator
        self.exclude = exclude
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what to fill with; `y` is ignored.

        Raises
        ------
        CustvalError
            If a parameter is none of those that there are, or the frame is no frame.
        ColumnError
            If a column of `by` or `exclude` is missing.
        """
        del y
        strategy = choice(self.strategy, "strategy", _STRATEGIES)
        flag(self.add_indicator, "add_indicator")
        table, _ = self._table(X, reset=True)
        excluded = [] if self.exclude is None else columns_named(table, self.exclude, "exclude")
        groups = strata(table, self.by)
        kinds = kinds_of(table)
        self.left_: dict[str, str] = {}
        self._fills: dict[str, Fill] = {}
        for name, kind in kinds.items():
            learned = why_left(table, name, kind, excluded)
            found = learned or learn_fill(table, name, kind, groups, "auto" if strategy == "model" else strategy)
            if isinstance(found, Fill):
                self._fills[name] = found
            else:
                self.left_[name] = found
        self.indicated_ = [name for name in table.columns if nulls(table[name]).any()]
        self._models = None
        if strategy == "model":
            self._models = ColumnModels.learn(table, kinds, self._fills, self.indicated_, self.random_state)
        return self

    def transform(self, X: Any) -> Any:
        """The same rows and columns, missing cells filled; `transform_with_log` says which and by what.

        A pandas frame keeps its index here, since `ColumnTransformer` puts the answers of its parts together by it;
        that of `transform_with_log` is numbered from 0, as its log is.

        Raises
        ------
        ColumnError
            If a column holds another kind of values than when fitted.
        """
        frame = self._impute(X).frame
        return frame.set_axis(X.index, axis=0) if nw.dependencies.is_pandas_dataframe(X) else frame

    def transform_with_log(self, frame: Any) -> Imputation:
        """The same rows and columns, missing cells filled, with a log of every filled cell.

        Raises
        ------
        ColumnError
            If a column holds another kind of values than when fitted.
        """
        return self._impute(frame)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns that come out."""
        check_fitted(self, "left_")
        names = list(getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)]))
        if input_features is not None:
            given = list(input_features)
            if len(given) != len(names):
                raise CustvalError(f"input_features should have length equal to number of features ({len(names)})")
            if hasattr(self, "feature_names_in_") and given != names:
                raise CustvalError("input_features is not equal to feature_names_in_")
            names = given
        own = list(self._columns)
        added = [f"{names[own.index(name)]}_missing" for name in self.indicated_] if self.add_indicator else []
        return np.array([*names, *added], dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """What was learned, as JSON-safe data, for `custval.load`; not with models of columns.

        Raises
        ------
        CustvalError
            If the strategy is "model".
        """
        check_fitted(self, "left_")
        if self._models is not None:
            raise CustvalError(
                "an imputer of models cannot be written as data", suggestion="pickle it, or use another strategy"
            )
        by = [self.by] if isinstance(self.by, str) else self.by
        exclude = [self.exclude] if isinstance(self.exclude, str) else self.exclude
        fills = [
            {**dataclasses.asdict(fill), "groups": [[list(key), value] for key, value in fill.groups.items()]}
            for fill in self._fills.values()
        ]
        return envelope(
            self,
            {
                "strategy": self.strategy,
                "by": None if by is None else list(by),
                "add_indicator": bool(self.add_indicator),
                "exclude": None if exclude is None else list(exclude),
                "columns": list(self._columns),
                "named": hasattr(self, "feature_names_in_"),
                "fills": fills,
                "left": dict(self.left_),
                "indicated": list(self.indicated_),
            },
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """An imputer from what `to_dict` returned."""
        content = open_envelope(data, cls)
        imputer = cls(content["strategy"], content["by"], content["add_indicator"], content["exclude"])
        imputer._columns = list(content["columns"])
        imputer.n_features_in_ = len(imputer._columns)
        if content["named"]:
            imputer.feature_names_in_ = np.array(imputer._columns, dtype=object)
        imputer._fills = {
            fill["column"]: Fill(**{**fill, "groups": {tuple(key): value for key, value in fill["groups"]}})
            for fill in content["fills"]
        }
        imputer.left_ = dict(content["left"])
        imputer.indicated_ = list(content["indicated"])
        imputer._models = None
        return imputer

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _table(self, X: Any, *, reset: bool) -> tuple[Table, bool]:
        """The input as a table, and whether it was an array."""
        if issparse(X):
            raise TypeError("sparse input is not supported, for its missing cells are zeros: give X.toarray()")
        if _is_frame(X):
            table = enter(X)
            names_only = new_frame({name: np.empty(0) for name in table.columns})
            validate_data(self, names_only, reset=reset, skip_check_array=True)
            is_array = False
        else:
            array = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
            names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(array.shape[1])])
            table, is_array = enter(new_frame({name: array[:, i] for i, name in enumerate(names)})), True
        if reset:
            self._columns = table.columns
        elif table.columns != self._columns:  # an array where a frame was fitted, or the other way round
            table = dataclasses.replace(
                table, frame=table.frame.rename(dict(zip(table.columns, self._columns, strict=True)))
            )
        return table, is_array

    def _impute(self, X: Any) -> Imputation:
        check_fitted(self, "left_")
        table, is_array = self._table(X, reset=False)
        gone = {name: nulls(table[name]) for name in table.columns}
        for name, fill in self._fills.items():
            if not gone[name].all():
                _refuse_other_kind(table, name, fill.kind)
        groups = strata(table, self.by)
        matrix = None if self._models is None else self._models.matrix(table)
        columns: dict[str, Any] = {}
        log: list[tuple[str, NDArray[np.int64], list[Any], list[str]]] = []
        for name, fill in self._fills.items():
            rows = np.flatnonzero(gone[name])
            if rows.size:
                values, rules = self._values(fill, groups, matrix, rows)
                columns[name] = _filled(table, name, fill, rows, values)
                log.append((name, rows, values, rules))
        if self.add_indicator:
            added = {f"{name}_missing": gone[name] for name in self.indicated_}
            refuse_taken_names(table, list(added), "the imputer")
            columns.update(added)
        frame = table.extend(columns)
        return Imputation(
            frame=_as_array(frame) if is_array else frame,
            log=_log(table, log),
            left={name: why for name, why in self.left_.items() if gone[name].any()},
            filled={name: int(rows.size) for name, rows, _, _ in log},
        )

    def _values(self, fill: Fill, groups: Strata, matrix: Any, rows: NDArray[np.int64]) -> tuple[list[Any], list[str]]:
        if self._models is not None and fill.column in self._models.models:
            return self._models.predict(matrix, fill, rows), ["model"] * rows.size
        return fill.values(groups, rows)


def _is_frame(X: Any) -> bool:
    return isinstance(X, (Mapping, Table)) or hasattr(type(X), "columns") or hasattr(type(X), "column_names")


def _refuse_other_kind(table: Table, name: str, kind: str) -> None:
    found = kind_of(table, name)
    if found != kind:
        raise ColumnError(
            f"{table.what}: column {name!r} held {kind} values when the imputer was fitted, and holds {found} values "
            f"now ({table[name].dtype})",
            column=name,
            suggestion="convert the column as it was when fitting, or fit anew",
        )


def _filled(table: Table, name: str, fill: Fill, rows: NDArray[np.int64], values: list[Any]) -> nw.Series[Any]:
    series = table[name]
    if rows.size == len(table) and kind_of(table, name) != fill.kind:
        # without a known value, libraries guess the type
        return table.series(name, values, _TYPES[fill.kind])
    if fill.kind == "number":
        return _filled_numbers(table, name, rows, values)
    if series.dtype in (nw.Categorical, nw.Enum):
        texts = series.cast(nw.String).scatter(rows, values)
        return texts.cast(series.dtype)
    return series.scatter(rows, values)


def _filled_numbers(table: Table, name: str, rows: NDArray[np.int64], values: list[Any]) -> nw.Series[Any]:
    series, numbers = table[name], np.array(values, dtype=np.float64)
    if series.dtype.is_integer():
        if np.any(numbers != np.rint(numbers)):
            return series.cast(nw.Float64).scatter(rows, numbers.tolist())
        bounds = np.iinfo(str(series.dtype).lower())
        fits = bounds.min <= numbers.min() and numbers.max() <= bounds.max
        return (series if fits else series.cast(nw.Int64)).scatter(rows, numbers.astype(np.int64).tolist())
    if series.dtype.is_numeric():
        return series.scatter(rows, table.series(name, numbers, nw.Float64).cast(series.dtype))
    kept: list[Any] = series.to_list()  # objects of pandas, such as decimals
    kind = next((type(kept[i]) for i in np.flatnonzero(~nulls(series))[:1]), float)
    for row, value in zip(rows.tolist(), values, strict=True):
        kept[row] = round(value) if issubclass(kind, int) else kind(as_text(value))
    return table.series(name, np.array(kept, dtype=object))


def _as_array(frame: Any) -> Any:
    table = enter(frame)
    columns = [table[name].to_numpy() for name in table.columns]
    kind = columns[0].dtype if columns else np.float64
    return np.column_stack([column.astype(kind) for column in columns])


def _log(table: Table, log: Sequence[tuple[str, NDArray[np.int64], list[Any], list[str]]]) -> Any:
    names = [name for name, rows, _, _ in log for _ in range(rows.size)]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(rows for _, rows, _, _ in log)])
    return table.make(
        {
            "row": rows,
            "column": table.series("column", names, nw.String),
            "before": table.series("before", [None] * len(names), nw.String),
            "after": table.series("after", [as_text(value) for _, _, values, _ in log for value in values], nw.String),
            "rule": table.series("rule", [rule for *_, rules in log for rule in rules], nw.String),
        }
    )
