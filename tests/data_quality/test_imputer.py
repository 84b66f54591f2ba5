"""The imputer under scikit-learn's checks, against medians and modes written out, and what it must never do."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import statistics
from collections import Counter
from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_regression
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import custval as cv
from custval.data_quality import Imputer, standardize, to_dates, to_numeric
from custval.errors import ColumnError, CustvalError, NotFittedError

# checks of scikit-learn that do not apply here, and why: none; one is skipped by scikit-learn itself
NOT_APPLICABLE = {}
SKIPPED = {"check_array_api_input"}  # it needs SCIPY_ARRAY_API=1, and the imputer works on numpy arrays


def lists(frame):
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("strategy", ["auto", "median", "mode"])
def test_the_checks_of_scikit_learn(strategy):
    found = check_estimator(Imputer(strategy), on_fail=None, on_skip=None)
    failed = {result["check_name"]: result["exception"] for result in found if result["status"] == "failed"}
    assert set(failed) == set(NOT_APPLICABLE), failed
    assert {result["check_name"] for result in found if result["status"] == "skipped"} <= SKIPPED
    assert len(found) > 35


PEOPLE = {
    "customer_id": [1, 2, None, 4, 5, 6],
    "email": ["a@b.de", None, "c@d.fr", "e@f.it", "g@h.es", None],
    "city": ["Rome", "Rome", None, "Ulm", "Rome", "Ulm"],
    "income": [41.5, 52.0, None, 60.0, 45.0, None],
    "children": [0, 2, 1, None, 3, 1],
    "member": [True, None, False, True, True, None],
    "since": [dt.datetime(2020, 1, 1), None, *[dt.datetime(2021, 1, 1)] * 4],
    "nothing": [None] * 6,
    "手机": ["13800138000", None, "13800138000", "13800138001", "13800138002", "13800138003"],
}


@pytest.mark.parametrize(
    "name",
    ["收件人", "联系人", "address", "ship_to_street", "postcode", "zip", "ip", "birthday", "login", "userName",
     "用户名", "email_opt_in", "optIn", "marketing consent", "微信"],
)  # fmt: skip
def test_what_belongs_to_one_person_is_not_invented(name):
    done = Imputer().fit({name: ["a", "a", "b", None]}).transform_with_log({name: ["a", "a", "b", None]})
    assert done.frame[name][3] is None
    assert dict(done.left) == {name: "named like what belongs to one person"}


@pytest.mark.parametrize("name", ["product_name", "city", "phone_model", "store", "活动", "option", "ship_mode"])
def test_what_belongs_to_many_is_filled(name):
    assert Imputer().fit_transform({name: ["a", "a", "b", None]})[name][3] == "a"


def test_every_library_comes_back_filled(frame_library):
    frame = frame_library(PEOPLE)
    before = copy.deepcopy(frame)
    imputer = Imputer().fit(frame)
    done = imputer.transform_with_log(frame)
    assert lists(frame) == lists(before)
    assert type(done.frame) is type(done.log) is type(frame)
    after, was = lists(done.frame), lists(frame)
    assert after["city"][2] == "Rome"
    assert [after["income"][i] for i in (2, 5)] == [48.5, 48.5]
    assert after["children"][3] == 1
    assert [after["member"][i] for i in (1, 5)] == [True, True]
    for name in ("customer_id", "email", "since", "nothing", "手机"):
        assert after[name] == was[name], name
    assert set(done.left) == {"customer_id", "email", "since", "nothing", "手机"}
    assert done.filled == {"city": 1, "income": 2, "children": 1, "member": 2}
    log = lists(done.log)
    assert list(zip(log["row"], log["column"], log["after"], log["rule"], strict=True)) == [
        (2, "city", "Rome", "mode"),
        (2, "income", "48.5", "median"),
        (5, "income", "48.5", "median"),
        (3, "children", "1", "median"),
        (1, "member", "True", "mode"),
        (5, "member", "True", "mode"),
    ]
    assert set(log["before"]) == {None}
    if not isinstance(frame, dict):
        assert nw.from_native(done.frame).schema == nw.from_native(frame).schema
    assert lists(imputer.transform(frame)) == after
    # filled once, there is nothing left to fill
    assert not imputer.transform_with_log(done.frame).filled


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-9, 9).map(lambda v: v / 2)),
        st.one_of(st.none(), st.sampled_from("abc")),
        st.one_of(st.none(), st.sampled_from(["x", "y"])),
    ),
    min_size=1,
    max_size=30,
)


def slow(rows, place, group, learn):
    """Of the group where it has three known values, else of all."""
    known = [row[place] for row in rows if row[place] is not None]
    own = [row[place] for row in rows if row[place] is not None and row[2] == group]
    return learn(own if len(own) >= 3 else known)


def slow_mode(values):
    return min(Counter(values).items(), key=lambda item: (-item[1], item[0]))[0]


@settings(max_examples=80)
@given(ROWS, ROWS)
def test_medians_and_modes_written_out(train, new):
    columns = ["n", "c", "g"]
    frames = [
        pd.DataFrame(
            {
                name: pd.Series([row[i] for row in rows], dtype=float if name == "n" else object)
                for i, name in enumerate(columns)
            }
        )
        for rows in (train, new)
    ]
    before = [frame.copy(deep=True) for frame in frames]
    imputer = Imputer("auto", by="g", exclude="g").fit(frames[0])
    done = imputer.transform_with_log(frames[1])
    for frame, was in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, was)
    got = lists(done.frame)
    numbers = [row[0] for row in train if row[0] is not None]
    few = len(set(numbers)) <= 2
    whole = all(v == int(v) for v in numbers)
    for i, row in enumerate(new):
        assert got["g"][i] == row[2]
        if row[0] is not None:
            assert got["n"][i] == row[0]
        elif "n" not in imputer.left_:
            expected = slow(train, 0, row[2], slow_mode if few else statistics.median)
            assert got["n"][i] == (round(expected) if whole else expected)
            assert min(numbers) <= got["n"][i] <= max(numbers)
        if row[1] is not None:
            assert got["c"][i] == row[1]
        elif "c" not in imputer.left_:
            assert got["c"][i] == slow(train, 1, row[2], slow_mode)
    filled = sum(before[1][c].isna().sum() - done.frame[c].isna().sum() for c in columns)
    assert filled == len(done.log) == sum(done.filled.values())


def test_learned_on_the_training_rows_only():
    train, new = {"x": [1.5, 2.5, 3.5, None]}, {"x": [None, 1000.0, 1000.0]}
    imputer = Imputer().fit(train)
    assert imputer.transform(new)["x"] == [2.5, 1000.0, 1000.0]
    # whatever rows come together, each is filled alike
    assert imputer.transform({"x": [None]})["x"] == [2.5]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_models_beat_the_median_and_stay_in_range(library):
    rng = np.random.default_rng(0)
    n = 800
    a = rng.normal(size=n)
    kind = np.where(a + rng.normal(scale=0.2, size=n) > 0, "big", "small")
    frame = pd.DataFrame(
        {"a": a, "b": 3 * a + rng.normal(scale=0.2, size=n), "kind": kind, "count": rng.poisson(np.exp(a))}
    )
    truth = frame.copy()
    gone = rng.random(n) < 0.2
    frame["b"] = frame["b"].mask(gone)
    frame["count"] = frame["count"].astype(float).mask(np.roll(gone, 7))
    frame["kind"] = frame["kind"].mask(np.roll(gone, 3))
    given_frame = frame if library == "pandas" else pytest.importorskip("polars").from_pandas(frame)
    done = Imputer("model").fit(given_frame).transform_with_log(given_frame)
    after = pd.DataFrame(lists(done.frame))
    assert set(lists(done.log)["rule"]) == {"model"}
    error = np.abs(after["b"] - truth["b"])[gone].mean()
    assert error < 0.35 * np.abs(truth["b"].median() - truth["b"])[gone].mean()
    assert (after["kind"] == truth["kind"])[np.roll(gone, 3)].mean() > 0.85
    assert after["b"].between(frame["b"].min(), frame["b"].max()).all()
    assert (after["count"] % 1 == 0).all()
    pd.testing.assert_series_equal(after["b"][~gone], frame["b"][~gone])
    again = Imputer("model").fit(given_frame).transform_with_log(given_frame)
    assert lists(again.frame) == lists(done.frame)


def test_models_of_few_rows_and_of_columns_without_gaps_fall_back():
    small = {"a": [1.0, 2.0, 3.5, None], "b": [1.0, 2.0, 2.0, 2.0]}
    done = Imputer("model").fit(small).transform_with_log(small)
    assert done.log["rule"] == ["median"]
    full = pd.DataFrame({"a": np.arange(60.0) / 7, "b": np.arange(60.0) % 7})
    later = full.copy()
    later.loc[0, "b"] = np.nan
    assert Imputer("model").fit(full).transform_with_log(later).log["rule"].to_list() == ["median"]


def test_indicators_and_names():
    frame = pd.DataFrame({"a": [1.0, None, 2.0], "b": [1.0, 2.0, 2.5], "email": [None, "x@y.z", "u@v.w"]})
    imputer = Imputer(add_indicator=True).fit(frame)
    done = imputer.transform(frame)
    assert (
        list(done.columns) == ["a", "b", "email", "a_missing", "email_missing"] == list(imputer.get_feature_names_out())
    )
    assert done["a_missing"].to_list() == [False, True, False]
    array = np.array([[1.0, np.nan], [2.0, 3.0], [4.5, 3.5]])
    assert Imputer(add_indicator=True).fit_transform(array)[:, 2].tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(ColumnError, match="'a_missing' already"):
        Imputer(add_indicator=True).fit_transform({"a": [1.5, 2.5, None], "a_missing": [1, 1, 2]})
    with pytest.raises(CustvalError, match="input_features is not equal"):
        imputer.get_feature_names_out(["b", "a", "email"])
    with pytest.raises(CustvalError, match="should have length equal"):
        imputer.get_feature_names_out(["a"])


def test_never_invents_an_identifier():
    frame = pd.DataFrame(
        {
            "OrderID": ["A1", "A1", None, "A2"] * 5,
            "product_key": [1.0, 1.0, None, 2.0] * 5,
            "contact": ["a@b.de", "a@b.de", None, "c@d.fr"] * 5,
            "number": ["+49 30 1234567", "+49 30 1234567", None, "030/7654321"] * 5,
            "code": [*(f"K{i}" for i in range(19)), None],
            "row": [*range(19), None],
            "姓名": ["李", "李", None, "王"] * 5,
            "FamilyName": ["Li", "Li", None, "Wu"] * 5,
            "kept": ["a", "a", None, "b"] * 5,
            "nested": [[1], [1], None, [2]] * 5,
        }
    )
    for strategy in ("auto", "mode", "model"):
        imputer = Imputer(strategy, exclude=["kept"]).fit(frame)
        assert set(imputer.left_) == set(frame)
        done = imputer.transform_with_log(frame)
        pd.testing.assert_frame_equal(done.frame, frame)
        assert not len(done.log)
    assert imputer.left_["kept"] == "excluded"
    assert imputer.left_["contact"] == "looks like e-mail addresses"
    assert Imputer("median").fit({"c": ["a", "a", None]}).left_ == {"c": "holds text, which has no median"}


def test_types_stay():
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["x", "x", None, "y"]),
            "small": pd.Series([1.5, 2.5, None, 2.5], dtype="float32"),
            "whole": pd.Series([1, 5, None, 6], dtype="Int16"),
            "decimal": [Decimal("1.10"), Decimal("2.30"), None, Decimal("2.30")],
        }
    )
    done = Imputer().fit(frame).transform(frame)
    assert done.dtypes.to_list() == frame.dtypes.to_list()
    assert done.iloc[2].to_list() == ["x", pytest.approx(2.5), 5, Decimal("2.3")]
    polars = pytest.importorskip("polars")
    own = polars.DataFrame(
        {
            "e": polars.Series(["x", "x", None, "y"], dtype=polars.Enum(["y", "x"])),
            "i": polars.Series([1, 5, None, 6], dtype=polars.Int8),
        }
    )
    assert Imputer().fit(own).transform(own).schema == own.schema
    assert Imputer().fit(own).transform(own).row(2) == ("x", 5)
    # learned on one library, used on another; and unknown strata are filled by all rows
    fitted = Imputer(by="g").fit({"g": ["a"] * 3 + ["b"] * 3, "x": [1.5, 2.5, 3.5, 7.0, 8.0, 9.5]})
    new = polars.DataFrame(
        {"g": ["a", "b", "z", None], "x": [None] * 4}, schema={"g": polars.String, "x": polars.Float64}
    )
    assert fitted.transform(new)["x"].to_list() == [2.5, 8.0, 5.25, 5.25]


def test_infinite_values_are_neither_learned_from_nor_changed():
    frame = pd.DataFrame({"x": [np.inf, 1.5, 2.5, 4.0, None, -np.inf]})
    assert Imputer().fit_transform(frame)["x"].to_list() == [np.inf, 1.5, 2.5, 4.0, 2.5, -np.inf]
    assert Imputer().fit({"x": [np.inf, None]}).left_ == {"x": "no known value to learn from"}


def test_saved_and_loaded():
    imputer = Imputer(by="city", add_indicator=True, exclude="children").fit(PEOPLE)
    again = cv.load(json.loads(json.dumps(imputer.to_dict())))
    assert lists(again.transform(PEOPLE)) == lists(imputer.transform(PEOPLE))
    assert again.to_dict() == imputer.to_dict()
    assert list(again.get_feature_names_out()) == list(imputer.get_feature_names_out())
    array = np.array([[1.0, np.nan], [2.0, 3.0], [4.5, 3.5]])
    on_arrays = Imputer().fit(array)
    assert Imputer.from_dict(on_arrays.to_dict()).transform(array).tolist() == on_arrays.transform(array).tolist()
    with pytest.raises(CustvalError, match="cannot be written as data"):
        Imputer("model").fit(PEOPLE).to_dict()
    assert pickle.loads(pickle.dumps(imputer)).left_ == imputer.left_  # noqa: S301 - just pickled


def test_in_a_pipeline():
    X, y = make_regression(200, 4, random_state=0)
    X[::7, 1] = np.nan
    pipe = make_pipeline(Imputer("median"), LinearRegression())
    assert clone(pipe).fit(X, y).score(X, y) > 0.5
    assert pipe.set_output(transform="pandas").fit(X, y)[:-1].transform(X).shape == X.shape


def test_results_show():
    done = (
        Imputer()
        .fit({"<b>": ["<i>", "<i>", None], "id": [1, None, 2]})
        .transform_with_log({"<b>": [None], "id": [None]})
    )
    page = done._repr_html_()
    assert not any(tag in page for tag in ("<b>", "<i>"))
    assert "1 cells filled; 1 columns left with nulls" in page
    assert json.loads(json.dumps(done.to_dict()))["filled"] == {"<b>": 1}
    assert done.to_frame() is done.frame


def test_no_rows():
    frame = pd.DataFrame({"x": pd.Series([], dtype=float)})
    done = Imputer().fit({"x": [1.5, 2.5]}).transform_with_log(frame)
    assert (len(done.frame), len(done.log)) == (0, 0)


def test_what_is_refused():
    with pytest.raises(CustvalError, match="strategy must be one of"):
        Imputer("mean").fit(PEOPLE)
    with pytest.raises(ColumnError, match="no column 'town'"):
        Imputer(by="town").fit(PEOPLE)
    with pytest.raises(NotFittedError):
        Imputer().transform(PEOPLE)
    with pytest.raises(ValueError, match="feature names should match"):
        Imputer().fit({"a": [1.5]}).transform({"b": [1.5]})


@pytest.mark.parametrize(
    ("trained", "new"),
    [
        ([1000, 2000, None], ["a", None]),
        (["a", "a", None], [1.0, None]),
        ([True, True, None], ["a", None]),
        ([1.5, 2.5, None], [True, None]),
    ],
)
def test_another_kind_of_values_than_when_fitted_is_refused(frame_library, trained, new):
    imputer = Imputer().fit(frame_library({"x": trained}))
    with pytest.raises(ColumnError, match="when the imputer was fitted"):
        imputer.transform(frame_library({"x": new}))


def test_another_kind_of_values_is_refused_before_models_read_it():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    frame.loc[3, "a"] = None
    imputer = Imputer("model").fit(frame)
    with pytest.raises(ColumnError, match="'b' held number"):
        imputer.transform(frame.assign(b="x"))


def test_columns_without_a_known_value_are_filled_whatever_their_type():
    numbers, texts = Imputer().fit({"x": [1.5, 2.0, 2.5]}), Imputer().fit({"x": ["a", "a", None]})
    for dtype in ("float64", "object", "Int64", "string", "datetime64[ns]"):
        gone = pd.DataFrame({"x": pd.Series([None, None], dtype=dtype)})
        assert numbers.transform(gone)["x"].tolist() == [2.0, 2.0]
        assert texts.transform(gone)["x"].tolist() == ["a", "a"]


@pytest.mark.parametrize("dtype", ["Int8", "UInt8"])
def test_fills_that_a_small_type_has_no_room_for(dtype):
    imputer = Imputer().fit({"x": [1000, 1000, 3000, 1000, None]})
    small = pd.DataFrame({"x": pd.Series([1, None], dtype=dtype)})
    assert imputer.transform(small)["x"].tolist() == [1, 1000]
    # and of fractions: the cell is what the log says
    done = Imputer().fit({"x": [0.5, 1.5, 2.5, 3.5]}).transform_with_log(small)
    assert (done.frame["x"].tolist(), done.log["after"].tolist()) == ([1, 2], ["2"])
    done = Imputer().fit({"x": [0.5, 1.5, 2.5]}).transform_with_log(small)
    assert (done.frame["x"].tolist(), done.log["after"].tolist()) == ([1.0, 1.5], ["1.5"])


def test_whole_numbers_beyond_2_to_the_53_are_left():
    frame = pd.DataFrame({"x": pd.Series([2**53 + 1, 2**53 + 1, 1, None], dtype="Int64")})
    done = Imputer().fit(frame).transform_with_log(frame)
    assert done.left == {"x": "whole numbers beyond 2^53, of which no median is exact"}
    pd.testing.assert_frame_equal(done.frame, frame)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("when", ["3 Jan 2020", "3 Jan 2020", "4 Feb 2021", None]),
        ("when", ["2020-01-03", "2020-01-03", "2020/01/04", None]),
        ("when", ["2020年1月3日", "2020年1月3日", "2020年1月4日", None]),
        ("when", [20200103, 20200103, 20200104, None]),
        ("Dt_Customer", [1, 1, 2, None]),
        ("注册日期", ["a", "a", "b", None]),
        ("home_address", ["1 High Street", "1 High Street", "2 Low Road", None]),
        ("where", ["1 High Street", "1 High Street", "22 Baker Street", None]),
        ("postcode", [2000, 2000, 3000, None]),
        ("zip", ["10115", "10115", "20095", None]),
        ("phone", [5551234, 5551234, 5559876, None]),
        ("seen_from", ["192.168.0.1", "192.168.0.1", "10.0.0.7", None]),
        ("birth_date", ["1", "1", "2", None]),
        ("year_of_birth", [1970, 1970, 1980, None]),
        ("passport", ["X1", "X1", "X2", None]),
        ("proof", ["DE89370400440532013000", "DE89370400440532013000", "GB82WEST12345698765432", None]),
    ],
)
@pytest.mark.parametrize("strategy", ["auto", "mode", "model"])
def test_never_invents_an_address_or_a_date(name, values, strategy):
    frame = pd.DataFrame({name: values})
    done = Imputer(strategy).fit(frame).transform_with_log(frame)
    pd.testing.assert_frame_equal(done.frame, frame)
    assert set(done.left) == {name}


def test_what_is_no_date_and_nobodys_is_still_filled():
    frame = {
        "income": [45000, 52000, 61000, None],
        "city": ["Rome", "Rome", "Ulm", None],
        "product": ["Blue Shirt", "Blue Shirt", "Red Shirt", None],
        "size": ["10-12", "10-12", "8-10", None],
        "year": [2019, 2019, 2020, None],
    }
    assert not Imputer().fit(frame).left_


def test_the_index_of_pandas_stays_for_column_transformers():
    frame = pd.DataFrame(
        {"a": [1.0, None, 3.0, 4.5, 5.0, 7.0], "b": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}, index=range(10, 16)
    )
    parts = [("filled", Imputer(), ["a"]), ("scaled", StandardScaler(), ["b"])]
    done = ColumnTransformer(parts).set_output(transform="pandas").fit_transform(frame)
    assert list(done.index) == list(frame.index)
    assert done["filled__a"].tolist() == [1.0, 4.5, 3.0, 4.5, 5.0, 7.0]
    assert list(Imputer().fit(frame).transform_with_log(frame).frame.index) == list(range(6))
    assert list(frame.columns) == ["a", "b"]


def test_a_frame_of_rows_without_columns_comes_back():
    frame = pd.DataFrame(index=range(5))
    assert Imputer().fit_transform(frame).shape == (5, 0)
    assert standardize(frame).frame.shape == (5, 0)
    assert to_numeric(frame).frame.shape == (5, 0)
    assert to_dates(frame).frame.shape == (5, 0)
