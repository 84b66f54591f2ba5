"""A model for each column with gaps: gradient boosted trees of the other columns, gaps in those and all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, nulls
from custval.data_quality._fills import Fill
from custval.data_quality._measured import coded, measured
from custval.data_quality._text import as_text
from custval.typing import FloatArray

__all__ = ["ColumnModels"]

_FEWEST_ROWS = 50
_MOST_CATEGORIES = 100
_MOST_CLASSES = 30


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnModels:
    """The columns that models read, the codes of their categories, and the models by column."""

    kinds: Mapping[str, str]
    categories: Mapping[str, Mapping[str, int]]
    models: dict[str, Any]
    classes: dict[str, list[Any]]

    @classmethod
    def learn(
        cls, table: Table, kinds: Mapping[str, str], fills: Mapping[str, Fill], gaps: Sequence[str], random_state: Any
    ) -> ColumnModels:
        """A model for each column with gaps and a fill, where its known rows are enough to learn from."""
        read = {name: kind for name, kind in kinds.items() if kind in {"number", "time", "text", "boolean"}}
        categories = {
            name: _most_frequent(table, name, kind) for name, kind in read.items() if kind in {"text", "boolean"}
        }
        usable = {name: kind for name, kind in read.items() if name in fills or kind == "time"}
        found = cls(usable, categories, {}, {})
        matrix = found.matrix(table)
        for name in gaps:
            if name in fills and len(usable) > 1:
                found._learn_one(table, matrix, fills[name], random_state)
        return found

    def matrix(self, table: Table) -> FloatArray:
        """The columns as numbers: codes of categories, NaN for what is null or was never seen."""
        columns = []
        for name, kind in self.kinds.items():
            if name in self.categories:
                code, distinct = coded(table, name, kind)
                known = [self.categories[name].get(as_text(value), np.nan) for value in distinct]
                columns.append(np.array([*known, np.nan], dtype=np.float64)[code])  # −1 is null, and the last
            else:
                values = measured(table, name, kind)
                columns.append(np.where(np.isfinite(values), values, np.nan))
        return np.column_stack(columns) if columns else np.empty((len(table), 0))

    def predict(self, matrix: FloatArray, fill: Fill, rows: NDArray[np.int64]) -> list[Any]:
        """What the model of a column says for some rows: within the range that was seen, whole where all were."""
        others = np.delete(matrix[rows], list(self.kinds).index(fill.column), axis=1)
        answer = self.models[fill.column].predict(others)
        if fill.column in self.classes:
            return [self.classes[fill.column][int(place)] for place in answer]
        low, high = fill.low, fill.high
        values = np.clip(answer, low, high)
        return [float(value) for value in (np.rint(values) if fill.is_whole else values)]

    def _learn_one(self, table: Table, matrix: FloatArray, fill: Fill, random_state: Any) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        name = fill.column
        known = np.flatnonzero(~nulls(table[name]))
        if fill.kind == "number":
            values = measured(table, name, "number")
            known = known[np.isfinite(values[known])]
        if known.size < _FEWEST_ROWS:
            return
        place = list(self.kinds).index(name)
        others = np.delete(matrix[known], place, axis=1)
        is_category = [other in self.categories for other in self.kinds if other != name]
        options = {
            "max_iter": 100,
            "max_leaf_nodes": 15,
            "early_stopping": False,
            "categorical_features": np.array(is_category),
            "random_state": random_state,
        }
        if fill.kind == "number" and fill.rule == "median":
            self.models[name] = HistGradientBoostingRegressor(**options).fit(others, values[known])
            return
        if fill.kind == "number":
            classes, answer = np.unique(values[known], return_inverse=True)
            named = [float(value) for value in classes]
        else:
            code, named = coded(table, name, fill.kind)
            answer = code[known]
        if 1 < len(named) <= _MOST_CLASSES:
            self.models[name] = HistGradientBoostingClassifier(**options).fit(others, answer)
            self.classes[name] = named


def _most_frequent(table: Table, name: str, kind: str) -> dict[str, int]:
    code, values = coded(table, name, kind)
    counts = np.bincount(code[code >= 0])
    order = np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]
    return {as_text(values[place]): code for code, place in enumerate(order.tolist())}
