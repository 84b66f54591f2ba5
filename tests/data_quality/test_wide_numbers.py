"""Rules on whole numbers beyond 2⁵³ and 2⁶³ against Python's own, in memory and in engines."""

from __future__ import annotations

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import rules, validate
from custval.errors import CustvalError

LARGE = 2**63
OPEN = []  # connections: a query does not keep its own
NUMBERS = [LARGE, LARGE + 1, 3, 2**53 + 1, LARGE]
SOME = {
    rules.in_set("x", [LARGE, 3.0, 0.5, -1]): [1, 3],
    rules.in_set("x", [2**53, LARGE + 1]): [0, 2, 3, 4],
    rules.in_set("x", [-1, 0.5]): [0, 1, 2, 3, 4],
    rules.not_in_set("x", [LARGE]): [0, 4],
    rules.in_set("x", [LARGE, *range(2_000)], name="many values"): [1, 3],
    rules.not_in_set("x", [LARGE, *range(2_000)], name="none of many"): [0, 2, 4],
    rules.monotone("x", order_by="k"): [2],
    rules.monotone("x", order_by="k", direction="decreasing"): [1, 3, 4],
    rules.monotone("x", order_by="k", strict=True): [2],
    rules.unique("x", keep="first"): [4],
}


def _pandas():
    return pd.DataFrame({"x": np.array(NUMBERS, dtype=np.uint64), "k": range(5)})


def _nullable():
    return _pandas().astype({"x": "UInt64"})


def _arrow():
    pytest.importorskip("pyarrow")
    return _pandas().astype({"x": "uint64[pyarrow]"})


def _pyarrow():
    pa = pytest.importorskip("pyarrow")
    return pa.table({"x": pa.array(NUMBERS, type=pa.uint64()), "k": list(range(5))})


def _polars(dtype="UInt64"):
    pl = pytest.importorskip("polars")
    if dtype == "Int128":
        try:
            pl.Series([1], dtype=pl.Int128).cast(pl.String)
        except (AttributeError, pl.exceptions.PolarsError):
            pytest.skip("this polars hardly knows whole numbers of 128 bits")
    return pl.DataFrame({"x": pl.Series(NUMBERS, dtype=getattr(pl, dtype)), "k": range(5)})


def _duckdb(dtype="UBIGINT"):
    duckdb = pytest.importorskip("duckdb")
    rows = ", ".join(f"({number}::{dtype}, {place})" for place, number in enumerate(NUMBERS))
    connection = duckdb.connect()
    OPEN.append(connection)
    return connection.sql(f"SELECT * FROM (VALUES {rows}) t(x, k)")  # noqa: S608


MAKERS = {
    "pandas": _pandas,
    "nullable": _nullable,
    "arrow": _arrow,
    "pyarrow": _pyarrow,
    "polars": _polars,
    "polars 128": lambda: _polars("Int128"),
    "polars lazy": lambda: _polars().lazy(),
    "polars lazy 128": lambda: _polars("Int128").lazy(),
    "duckdb": _duckdb,
    "duckdb 128": lambda: _duckdb("HUGEINT"),
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(("rule", "rows"), SOME.items(), ids=lambda value: getattr(value, "name", ""))
def test_they_are_compared_exactly(maker, rule, rows):
    failures = nw.from_native(validate(MAKERS[maker](), [rule], key="k").failures).lazy().collect()
    assert sorted(failures["key"].to_list()) == rows


@given(
    st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([LARGE, LARGE + 1, LARGE - 1, 0]), min_size=1), st.booleans()
)
def test_monotone_by_pythons_numbers(numbers, falling):
    frame = {"x": np.array(numbers, dtype=np.uint64)}
    rule = rules.monotone("x", direction="decreasing" if falling else "increasing")
    wrong = [
        i for i in range(1, len(numbers)) if (numbers[i] > numbers[i - 1] if falling else numbers[i] < numbers[i - 1])
    ]
    assert list(validate(frame, rule).failures["row"]) == wrong


def test_the_least_whole_number_falls():
    frame = {"x": np.array([5, -LARGE, -LARGE, LARGE - 1])}
    assert list(validate(frame, rules.monotone("x", direction="decreasing")).failures["row"]) == [3]
    assert list(validate(frame, rules.monotone("x", direction="decreasing", strict=True)).failures["row"]) == [2, 3]


def test_shares_are_those_of_the_exact_numbers():
    rule = rules.share_of("x", [LARGE], low=0.5)
    assert validate(_pandas(), rule).summary["measured"].tolist() == ["0.4"]


def test_true_is_not_one():
    frame = pd.DataFrame({"x": pd.Series(["a", 1.0, True, 1, False, True], dtype=object)})
    before = frame["x"].tolist()
    assert validate(frame, rules.unique("x")).failures["row"].tolist() == [1, 2, 3, 5]
    assert validate(frame[:3], rules.unique("x")).passed
    assert validate(pd.DataFrame({"self": frame["x"][:3], "y": 1}), rules.unique(["self", "y"])).passed
    assert [type(value) for value in frame["x"]] == [type(value) for value in before]


@pytest.mark.parametrize("tz", ["Nowhere/X", 5, ""])
def test_a_zone_that_is_none_is_refused_also_where_no_zone_is_needed(tz):
    with pytest.raises(CustvalError, match="tz must be the name of a time zone"):
        validate({"x": [1]}, rules.not_null("x"), tz=tz)
