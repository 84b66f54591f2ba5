"""The functions of privacy on columns of every type: an answer or an error of the library, and no value in it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from custval.data_quality import (
    anonymity,
    find_pii,
    generalize,
    mask,
    pseudonymize,
    retention,
    suppress_small_cells,
)
from custval.errors import CustvalError

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

COLUMNS = {
    "unsigned": pl.Series([2**63 + 5, 1, None], dtype=pl.UInt64),
    "big": pl.Series([2**60 + 1, None, 3]),
    "decimal": pl.Series([Decimal("1.50"), None, Decimal(2)]),
    "category": pl.Series(["SECRET", None, "b"], dtype=pl.Categorical),
    "clock": pl.Series([dt.time(1), None, None]),
    "span": pl.Series([dt.timedelta(1), None, None]),
    "zoned": pl.Series([dt.datetime(2024, 1, 1, 12), None, dt.datetime(9999, 12, 30)]).dt.replace_time_zone(
        "Asia/Shanghai"
    ),
    "date": pl.Series([dt.date(1893, 1, 1), None, dt.date(9999, 12, 31)]),
    "nested": pl.Series([["SECRET"], None, ["x"]]),
    "struct": pl.Series([{"a": "SECRET"}, None, {"a": "y"}]),
    "null": pl.Series([None, None, None]),
    "binary": pl.Series([b"SECRET", None, b"\xff"]),
    "single": pl.Series([0.1, None, float("inf")], dtype=pl.Float32),
    "boolean": pl.Series([True, None, False]),
    "text": pl.Series(["SECRET", None, "SECRET@example.com"]),
}
LIBRARIES = {
    "polars": lambda series: pl.DataFrame({"c": series, "k": [1, 2, 3]}),
    "pyarrow": lambda series: pl.DataFrame({"c": series, "k": [1, 2, 3]}).to_arrow(),
    "pandas": lambda series: pl.DataFrame({"c": series, "k": [1, 2, 3]}).to_pandas(),
    "pandas-arrow": lambda series: pl.DataFrame({"c": series, "k": [1, 2, 3]}).to_pandas(
        use_pyarrow_extension_array=True
    ),
}
CALLS = {
    "find_pii": find_pii,
    "mask": lambda frame: mask(frame, "c"),
    "pseudonymize": lambda frame: pseudonymize(frame, "c", b"sixteen bytes ok"),
    "quasi-identifier": lambda frame: anonymity(frame, "c"),
    "sensitive": lambda frame: anonymity(frame, "k", "c"),
    "bands": lambda frame: generalize(frame, {"c": {"width": 10}}),
    "top": lambda frame: generalize(frame, {"c": {"top": 5}}),
    "prefix": lambda frame: generalize(frame, {"c": {"prefix": 1}}),
    "rare": lambda frame: generalize(frame, {"c": {"rare": 2}}),
    "groups": lambda frame: generalize(frame, {"c": {"groups": {}}}),
    "retention": lambda frame: retention(frame, "c", "1Y", as_of=dt.date(2024, 1, 1), missing_time="keep"),
    "counts": lambda frame: suppress_small_cells(frame, "c"),
    "cells": lambda frame: suppress_small_cells(frame, "k"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("column", COLUMNS)
def test_an_answer_or_an_error_that_shows_nothing(call, column):
    for make in LIBRARIES.values():
        frame, found, error = make(COLUMNS[column]), None, None
        try:
            found = CALLS[call](frame)
        except CustvalError as caught:
            error = caught
        if error is None:
            assert type(found) is type(frame) or "SECRET" not in repr(found)
        else:
            assert "SECRET" not in str(error.to_dict())
            assert error.__cause__ is None


def test_text_that_is_no_unicode():
    frame = pd.DataFrame({"c": pd.Series(["\ud800x", "a\x00b", None, "😀"], dtype=object)})
    assert find_pii(frame).columns == {}
    assert mask(frame, "c").frame["c"].isna().tolist() == [False, False, True, False]
    assert pseudonymize(frame, "c", b"sixteen bytes ok")["c"].nunique() == 3
    assert generalize(frame, {"c": {"prefix": 1}})["c"][1] == "a**"
    assert anonymity(frame, "c").k == 1
