"""Standard spellings, numbers and dates, the same in every library."""

from __future__ import annotations

import copy

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from custval.data_quality import standardize, to_dates, to_numeric

PEOPLE = {
    "姓名": ["JOHN MCDONALD", None, "欧阳 娜娜", "n/a"],
    " email": ["Ann@EXAMPLE.com", "b@c.org", None, "nonsense"],
    "phone": ["138 0013 8000", "+12125550123", "?", None],
    "age": [-99, 34, 51, 0],
    "note": ["  as it was ", None, "x", "y"],
}
ORDERS = {
    "total": ["1,234.50", None, "$ 5", "free"],
    "n": ["9,007,199,254,740,993", "1", "1,234,567", None],
    "day": ["13/02/2020", "01/02/2020", None, "soon"],
    "at": ["2020-01-02T10:00:00+08:00", "2020-07-02 10:00+08:00", None, None],
}


def plain(frame, to_lists):
    """Python values, whatever the library, nulls as None."""
    return {name: [None if pd.isna(value) else value for value in values] for name, values in to_lists(frame).items()}


def types(frame):
    if isinstance(frame, dict):
        return dict.fromkeys(frame)
    native = nw.from_native(frame, eager_only=True)
    return {name: str(getattr(native[name].to_native(), "dtype", native[name].dtype)) for name in native.columns}


def test_standardize(frame_library, to_lists):
    frame = frame_library(PEOPLE)
    before = copy.deepcopy(frame)
    result = standardize(frame, region="CN", missing={"age": [-99]})
    assert type(result.frame) is type(frame)
    assert type(result.log) is type(frame)
    assert plain(frame, to_lists) == plain(before, to_lists)
    assert types(frame) == types(before)
    assert plain(result.frame, to_lists) == {
        "姓名": ["John McDonald", None, "欧阳娜娜", None],
        "email": ["Ann@example.com", "b@c.org", None, "nonsense"],
        "phone": ["+8613800138000", "+12125550123", None, None],
        "age": [None, 34, 51, 0],
        "note": PEOPLE["note"],
    }
    texts = ("姓名", "phone", "note")
    assert {name: types(result.frame)[name] for name in texts} == {name: types(frame)[name] for name in texts}
    log = plain(result.log, to_lists)
    assert list(zip(log["row"], log["column"], log["before"], log["after"], strict=True)) == [
        (0, "姓名", "JOHN MCDONALD", "John McDonald"),
        (2, "姓名", "欧阳 娜娜", "欧阳娜娜"),
        (3, "姓名", "n/a", None),
        (0, "email", "Ann@EXAMPLE.com", "Ann@example.com"),
        (0, "phone", "138 0013 8000", "+8613800138000"),
        (2, "phone", "?", None),
        (0, "age", "-99", None),
    ]
    assert plain(result.unparsed, to_lists) == {
        "row": [3],
        "column": ["email"],
        "value": ["nonsense"],
        "kind": ["email"],
        "reason": ["no address: no @"],
    }
    assert plain(standardize(result.frame, region="CN").frame, to_lists) == plain(result.frame, to_lists)


def test_nothing_to_do_leaves_the_frame_as_it_was(frame_library, to_lists):
    frame = frame_library({"note": ["a", None], "n": [1, 2]})
    result = standardize(frame)
    assert types(result.frame) == types(frame)
    assert plain(result.frame, to_lists) == plain(frame, to_lists)
    assert list(to_lists(result.log)) == ["row", "column", "before", "after", "rule"]
    assert list(to_lists(result.unparsed)) == ["row", "column", "value", "kind", "reason"]


def test_to_numeric(frame_library, to_lists):
    frame = frame_library(ORDERS)
    before = copy.deepcopy(frame)
    result = to_numeric(frame, ["total", "n"])
    assert type(result.frame) is type(frame)
    assert plain(frame, to_lists) == plain(before, to_lists)
    after = plain(result.frame, to_lists)
    assert after["total"] == [1234.5, None, 5.0, None]
    assert after["n"] == [2**53 + 1, 1, 1_234_567, None]
    assert after["day"] == ORDERS["day"]
    assert plain(result.unparsed, to_lists)["value"] == ["free"]
    if not isinstance(frame, dict):
        schema = nw.from_native(result.frame, eager_only=True).schema
        assert schema["total"] == nw.Float64
        assert schema["n"] == nw.Int64


def test_to_dates(frame_library, to_lists):
    frame = frame_library(ORDERS)
    before = copy.deepcopy(frame)
    result = to_dates(frame, ["day", "at"])
    assert type(result.frame) is type(frame)
    assert plain(frame, to_lists) == plain(before, to_lists)
    after = plain(result.frame, to_lists)
    assert [None if value is None else value.isoformat() for value in after["day"]] == [
        "2020-02-13T00:00:00",
        "2020-02-01T00:00:00",
        None,
        None,
    ]
    assert [None if value is None else value.isoformat() for value in after["at"]] == [
        "2020-01-02T10:00:00+08:00",
        "2020-07-02T10:00:00+08:00",
        None,
        None,
    ]
    assert plain(result.unparsed, to_lists)["value"] == ["soon"]


@pytest.mark.parametrize("function", [standardize, to_numeric, to_dates])
def test_empty_and_null_columns(frame_library, to_lists, function):
    frame = frame_library({"phone": ["x"], "total": ["1"]})
    empty = frame if not isinstance(frame, dict) else {"phone": [], "total": []}
    empty = empty if isinstance(frame, dict) else nw.from_native(frame, eager_only=True).head(0).to_native()
    assert plain(function(empty).frame, to_lists) == {"phone": [], "total": []}
    nothing = {"phone": [None, None], "total": [None, None]}
    assert plain(function(frame_library(nothing)).frame, to_lists) == nothing


def test_categories_of_pandas_and_polars(to_lists):
    frame = pd.DataFrame({"gender": pd.Categorical(["M", "f", None, "M"])})
    after = standardize(frame).frame["gender"]
    assert isinstance(after.dtype, pd.CategoricalDtype)
    assert after.astype(object).where(after.notna(), None).tolist() == ["male", "female", None, "male"]
    pl = pytest.importorskip("polars")
    for dtype in (pl.Categorical, pl.Enum(["M", "f"])):
        frame = pl.DataFrame({"gender": pl.Series(["M", "f", None, "M"], dtype=dtype)})
        assert standardize(frame).frame["gender"].to_list() == ["male", "female", None, "male"]


def test_an_index_of_pandas_carries_no_meaning():
    frame = pd.DataFrame({"email": ["A@B.ORG", "c@D.org"], "x": ["1,5", "2,5"]}, index=[7, 3])
    assert standardize(frame).frame["email"].tolist() == ["A@b.org", "c@d.org"]
    assert to_numeric(frame).frame["x"].tolist() == [1.5, 2.5]


def test_lazy_frames_are_refused():
    pl = pytest.importorskip("polars")
    for function in (standardize, to_numeric, to_dates):
        with pytest.raises(ValueError, match="collect it first"):
            function(pl.LazyFrame({"x": ["a"]}))


def test_nested_and_mixed_columns_are_let_be():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"phone": [[1], [2]], "email": [{"a": 1}, {"a": 2}], "date": [b"x", b"y"]})
    for function in (standardize, to_numeric, to_dates):
        assert function(frame).frame.equals(frame)
    mixed = pd.DataFrame({"name": ["ANN LEE", 5, None, ("x",)]}, dtype=object)
    assert standardize(mixed, {"name": None}).frame["name"].tolist()[1:] == [5, None, ("x",)]
