"""The doors: what they name, check, convert and refuse; and customers out of a denormalized table."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custval as cv

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table, "dict": dict}
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]
NAN = float("nan")


def plain(values):
    """Python values, whatever the library, nulls as None."""
    values = values.to_pylist() if isinstance(values, pa.ChunkedArray) else list(values)
    return [None if pd.isna(value) else value for value in values]


def columns_of(frame):
    names = frame.column_names if isinstance(frame, pa.Table) else list(frame)
    return names if not isinstance(frame, pl.DataFrame) else frame.columns


def same(left, right):
    if isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    else:
        assert left.equals(right) if isinstance(left, (pl.DataFrame, pa.Table)) else left == right


def objects(values):
    return pd.Series(values, dtype=object)


def tx(**columns):
    return pd.DataFrame({"customer_id": [1, 2, 3], "timestamp": DAYS} | columns)


ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**40), 2**40).map(float),
        st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)).map(str),
        st.none() | st.floats(-1e6, 1e6),
        st.none() | st.integers(-1000, 1000),
        st.none() | st.text("ab ", max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS, st.sampled_from(list(LIBRARIES)))
def test_every_row_and_every_other_column_comes_through(rows, library):
    who, when, price, count, note, flag = map(list, zip(*rows, strict=True))
    columns = {"Who": who, "note": note, "When": when, "Price": price, "Count": count, "flag": flag}
    frame = LIBRARIES[library](columns)
    before = copy.deepcopy(frame)
    result = cv.transactions(frame, customer="Who", timestamp="When", unit_price="Price", quantity="Count")

    same(frame, before)
    assert type(result) is type(frame)
    names = ["customer_id", "note", "timestamp", "unit_price", "quantity", "flag", "amount"]
    assert columns_of(result) == names
    assert plain(result["customer_id"]) == [None if one is None else int(one) for one in who]
    assert all(value is None or isinstance(value, (int, np.integer)) for value in plain(result["customer_id"]))
    assert [value and str(value)[:10] for value in plain(result["timestamp"])] == when
    assert plain(result["unit_price"]) == price
    assert plain(result["quantity"]) == count
    expected = [None if None in pair else pair[0] * pair[1] for pair in zip(price, count, strict=True)]
    assert plain(result["amount"]) == expected
    for name in ("note", "flag"):
        assert plain(result[name]) == plain(frame[name])
        if library != "dict":
            untouched = result[name]
            assert getattr(untouched, "dtype", None) == getattr(frame[name], "dtype", None)


def test_a_canonical_table_comes_back_as_it_is():
    frame = tx(amount=[1.0, 2.0, NAN], order_id=["a", "b", None], index=[0, 0, 1])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    pd.testing.assert_frame_equal(cv.transactions(frame), frame)


def test_the_index_carries_no_meaning():
    frame = tx(amount=[1.0, 2.0, 3.0]).set_index(pd.Index([7, 7, 9]))
    result = cv.transactions(frame)
    assert list(result.index) == [0, 1, 2]
    assert result["amount"].tolist() == [1.0, 2.0, 3.0]


def test_the_parameters_are_the_canonical_names_without_id():
    expected = {
        cv.transactions: "customer timestamp amount unit_price quantity order product category discount cost channel "
        "currency country region format",
        cv.contracts: "customer duration observed started_at ended_at price plan weight true_values format",
        cv.customers: "customer record source name given_name family_name email phone address city region country "
        "postcode birth_date gender id_number acquired_at acquisition_channel acquisition_cost consent format",
        cv.events: "customer timestamp event channel value session sequence format",
        cv.responses: "score items scale customer timestamp comment weight format",
    }
    for door, names in expected.items():
        first, *others = inspect.signature(door).parameters.values()
        assert first.name == "frame"
        assert [parameter.name for parameter in others] == [*names.split(), "check"]
        assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in others)


@pytest.mark.parametrize("parameter", ["customer", "order", "product"])
def test_identifiers_get_their_suffix_back(parameter):
    frame = tx(Somewhere=["x", "y", "z"]).drop(columns="customer_id" if parameter == "customer" else [])
    result = cv.transactions(frame, **{parameter: "Somewhere"})
    assert result[f"{parameter}_id"].tolist() == ["x", "y", "z"]


def test_names_may_be_exchanged():
    frame = tx(amount=[1.0, 2.0, 3.0], total=[2.0, 4.0, 6.0])
    result = cv.transactions(frame, unit_price="amount", amount="total")
    assert list(result) == ["customer_id", "timestamp", "unit_price", "amount"]
    assert result["amount"].tolist() == [2.0, 4.0, 6.0]


def test_an_amount_that_is_there_stays():
    result = cv.transactions(tx(amount=[1.0, 2.0, 3.0], unit_price=[5.0] * 3, quantity=[1] * 3))
    assert result["amount"].tolist() == [1.0, 2.0, 3.0]


# names that cannot be


@pytest.mark.parametrize(
    ("arguments", "column", "says"),
    [
        ({"customer": "CustomrID"}, "CustomrID", "closest is 'CustomerID'"),
        ({"customer": "customerid", "timestamp": "when"}, "customerid", "closest is 'CustomerID'"),
        ({"timestamp": "when"}, "customer_id", 'cv.transactions(df, customer="CustomerID")'),
        ({"customer": "CustomerID"}, "timestamp", "cv.transactions(df, timestamp="),
        ({"customer": "CustomerID", "timestamp": "when", "amount": "paid"}, "amount", "already"),
        ({"customer": "CustomerID", "timestamp": "CustomerID"}, "CustomerID", "both customer and timestamp"),
        ({"timestamp": "when", "order": "CustomerID"}, "customer_id", "has no column 'customer_id'"),
    ],
)
def test_names_that_cannot_be(arguments, column, says):
    frame = pd.DataFrame({"CustomerID": [1], "when": ["2024-01-01"], "amount": [1.0], "paid": [2.0]})
    with pytest.raises(cv.ColumnError) as caught:
        cv.transactions(frame, **arguments)
    assert caught.value.column == column
    assert caught.value.code == "column"
    assert says in str(caught.value)


def test_a_missing_column_names_those_that_are_there():
    with pytest.raises(cv.ColumnError, match=r"it has 'customer_id', 'timestamp'") as caught:
        cv.transactions(tx(), amount="AMT")
    assert caught.value.column == "AMT"


def test_an_unknown_argument_raises():
    with pytest.raises(TypeError, match="custmer"):
        cv.transactions(tx(), custmer="customer_id")


def test_a_parameter_is_a_name():
    with pytest.raises(cv.CustvalError, match="customer must be the name of a column; got 3"):
        cv.transactions(tx(), customer=3)


@pytest.mark.parametrize("frame", [[1, 2], "customer_id", np.zeros((2, 2)), pd.Series([1])])
def test_no_frame(frame):
    with pytest.raises(cv.CustvalError) as caught:
        cv.transactions(frame)
    assert caught.value.code == "frame"


def test_a_lazy_frame_stays_lazy():
    lazy = cv.transactions(pl.LazyFrame({"who": [1], "timestamp": DAYS[:1]}), customer="who")
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect_schema().names() == ["customer_id", "timestamp"]


def test_a_lazy_frame_for_a_function_that_reads_eager_ones():
    with pytest.raises(cv.DataError, match="lazy frame") as caught:
        cv.customers_from(pl.LazyFrame({"customer_id": [1], "city": ["Bonn"]}), "city", conflict="mode")
    assert caught.value.code == "lazy"
    assert "collect()" in caught.value.suggestion


def test_a_name_that_stands_twice():
    frame = pd.DataFrame([[1, 2, "2024-01-01"]], columns=["customer_id", "customer_id", "timestamp"])
    with pytest.raises(cv.ColumnError) as caught:
        cv.transactions(frame)
    assert (caught.value.column, caught.value.count) == ("customer_id", 2)


# identifiers


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.0, 2.0, 3.0], "int64"),
        ([1.0, NAN, 3.0], "Int64"),
        ([NAN, NAN, NAN], "Int64"),
        (pd.array([1.0, None, 3.0], dtype="Float64"), "Int64"),
        (pd.array([1.0, None, 3.0], dtype="double[pyarrow]"), "int64[pyarrow]"),
        (np.array([1, 2, 3], dtype="float32"), "int64"),
        (objects([2**60 + 1, None, 3]), "Int64"),
        (objects([1, 2, 3]), "int64"),
        (objects([Decimal(1), None, 3.0]), "Int64"),
        (pd.array([1, 2, None], dtype="Int64"), "Int64"),
        (np.array([1, 2, 3], dtype="uint8"), "uint8"),
        (objects(["a", "b", None]), "object"),
        (pd.Categorical(["b", "a", None]), "category"),
    ],
)
def test_identifiers_on_pandas(values, dtype):
    frame = tx().assign(customer_id=values)
    result = cv.transactions(frame)["customer_id"]
    assert result.dtype == dtype
    assert plain(result) == plain(frame["customer_id"])


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
@pytest.mark.parametrize("missing", [None, NAN])
def test_float_identifiers_become_integers(library, missing):
    frame = LIBRARIES[library]({"customer_id": [1.0, missing, 3.0], "timestamp": DAYS})
    result = cv.transactions(frame)["customer_id"]
    assert plain(result) == [1, None, 3]
    assert "int64" in str(getattr(result, "type", getattr(result, "dtype", ""))).lower()


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([1.0, 2.5, NAN], 1),
        ([1.5, float("inf"), 2.5], 3),
        ([1.0, 2.0**53 + 2, 3.0], 1),
        (np.array([1, 2**25, 3], dtype="float32"), 1),
    ],
)
def test_identifiers_that_are_fractions_or_not_exact(values, count):
    with pytest.raises(cv.DataError) as caught:
        cv.transactions(tx(customer_id=values))
    error = caught.value
    assert (error.code, error.column, error.count) == ("not_whole", "customer_id", count)
    assert len(error.examples) == count


def test_examples_are_row_numbers():
    with pytest.raises(cv.DataError, match=r"2\.5 \(rows 2\)") as caught:
        cv.transactions(tx(customer_id=[NAN, 1.0, 2.5]))
    assert caught.value.examples == [2]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([True, False, True], "booleans"),
        (pd.to_datetime(DAYS), "times"),
        (objects([[1], [2], None]), "objects of type list"),
        (objects([2**70, 2**71, 1]), "objects of type int"),
        (objects([b"a", b"b", b"c"]), "objects of type bytes"),
    ],
)
def test_what_is_no_identifier(values, says):
    with pytest.raises(cv.ColumnError, match=f"must hold text, whole numbers or categories; it holds {says}") as caught:
        cv.transactions(tx(customer_id=values))
    assert (caught.value.code, caught.value.column) == ("column", "customer_id")


@pytest.mark.parametrize("values", [[1, "a", 2], [*["a"] * 150, 7], [True, "a", None], [1.5, "a", 2.5]])
def test_identifiers_of_mixed_types(values):
    frame = pd.DataFrame({"customer_id": objects(values), "timestamp": "2024-01-01"})
    with pytest.raises(cv.DataError, match=r'astype\("string"\)') as caught:
        cv.transactions(frame)
    assert (caught.value.code, caught.value.column, caught.value.count) == ("mixed_types", "customer_id", 1)


@pytest.mark.parametrize(
    ("values", "expected", "dtype"),
    [
        ([1.0, NAN, 3.0], [1, None, 3], "Int64"),
        ([1.0, 2.5, 3.0], [1.0, 2.5, 3.0], "float64"),
        (objects([1, "C2", None]), [1, "C2", None], "object"),
        ([True, False, True], [True, False, True], "bool"),
    ],
)
def test_other_identifiers_are_left_unless_they_are_whole(values, expected, dtype):
    result = cv.transactions(tx(order_id=values))["order_id"]
    assert plain(result) == expected
    assert result.dtype == dtype


# times


@pytest.mark.parametrize(
    ("values", "form", "expected"),
    [
        (["2024-03-01", "20240302", None], None, ["2024-03-01 00:00:00", "2024-03-02 00:00:00", None]),
        (["2024-03-01T10:30", "2024-03-01 10:30:05", ""], None, ["2024-03-01 10:30:00", "2024-03-01 10:30:05", None]),
        (pd.Categorical(["2024-03-01", None, None]), None, ["2024-03-01 00:00:00", None, None]),
        (["01/03/2024", "02/03/2024", None], "%d/%m/%Y", ["2024-03-01 00:00:00", "2024-03-02 00:00:00", None]),
        ([19970101, 19970102, 19970103], "%Y%m%d", [f"1997-01-0{day} 00:00:00" for day in (1, 2, 3)]),
        ([19970101.0, NAN, 19970103.0], "%Y%m%d", ["1997-01-01 00:00:00", None, "1997-01-03 00:00:00"]),
        (objects([19970101, None, 19970103]), "%Y%m%d", ["1997-01-01 00:00:00", None, "1997-01-03 00:00:00"]),
        (objects([dt.date(2024, 3, 1), None, dt.datetime(2024, 3, 2, 5)]), None,
         ["2024-03-01 00:00:00", None, "2024-03-02 05:00:00"]),
        (pd.array([dt.date(2024, 3, 1), None, None], dtype="date32[pyarrow]"), None,
         ["2024-03-01 00:00:00", None, None]),
        ([None, None, None], None, [None] * 3),
        ([NAN, NAN, NAN], None, [None] * 3),
    ],
)  # fmt: skip
def test_times(values, form, expected):
    result = cv.transactions(tx(timestamp=values), format=form)["timestamp"]
    assert "datetime64" in str(result.dtype) or "timestamp" in str(result.dtype)
    assert [None if value is None else str(value) for value in plain(result)] == expected


def test_dates_after_many_nulls():
    values = objects([*[None] * 150, dt.date(2024, 3, 1)])
    frame = pd.DataFrame({"customer_id": 1, "started_at": dt.datetime(2024, 1, 1), "ended_at": values})
    result = cv.contracts(frame)["ended_at"]
    assert result.isna().sum() == 150
    assert result.iloc[-1] == pd.Timestamp("2024-03-01")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC", "UTC+05:30"])
def test_a_time_zone_stays(zone):
    zoned = pd.to_datetime(DAYS).tz_localize(zone)
    assert cv.transactions(tx(timestamp=zoned))["timestamp"].tolist() == zoned.tolist()
    assert cv.transactions(tx(timestamp=objects(zoned)))["timestamp"].tolist() == zoned.tolist()


@pytest.mark.parametrize(
    "form", [{"started_at": "%d.%m.%Y"}, {"Start": "%d.%m.%Y"}, {"Start": "%d.%m.%Y", "ended_at": "%Y"}]
)
def test_a_format_per_column(form):
    end = "2025" if "ended_at" in form else "2025-01-01"
    frame = pd.DataFrame({"customer_id": [1], "Start": ["02.01.2024"], "ended_at": [end]})
    result = cv.contracts(frame, started_at="Start", format=form)
    assert result["started_at"].tolist() == [pd.Timestamp("2024-01-02")]
    assert result["ended_at"].tolist() == [pd.Timestamp("2025-01-01")]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"timestmp": "%d"}, "format names 'timestmp', which is no column of times here; these are: timestamp"),
        ({"timestamp": 3}, "format must be text"),
        (3, "format must be text"),
    ],
)
def test_formats_that_cannot_be(form, says):
    with pytest.raises(cv.CustvalError, match=says):
        cv.transactions(tx(), format=form)


@pytest.mark.parametrize(
    ("values", "error", "code", "count", "says"),
    [
        (["2024-01-01", "02/03/2024", "soon"], cv.DataError, "unparseable_dates", 2, "format="),
        ([1, 2, 3], cv.ColumnError, "column", None, "format='%Y%m%d'"),
        ([1.0, 2.0, NAN], cv.ColumnError, "column", None, "format='%Y%m%d'"),
        ([True, False, True], cv.ColumnError, "column", None, "must hold dates or times; it holds booleans"),
        (objects(["2024-01-01", dt.date(2024, 1, 1), None]), cv.DataError, "mixed_types", 1, "pd.to_datetime"),
        (["2024-01-01T00:00+01:00", "2024-01-02T00:00+02:00", None], cv.DataError, "mixed_zones", None, "one zone"),
        (["2024-01-01T00:00+01:00", "2024-01-02T00:00", None], cv.DataError, "mixed_zones", None, "one zone"),
        (objects([pd.Timestamp("2024-01-01", tz=zone) for zone in ("UTC", "Asia/Tokyo", None)]),
         cv.DataError, "mixed_zones", None, "one zone"),
    ],
)  # fmt: skip
def test_times_that_cannot_be(values, error, code, count, says):
    with pytest.raises(error) as caught:
        cv.transactions(tx(timestamp=values))
    assert (caught.value.code, caught.value.column, caught.value.count) == (code, "timestamp", count)
    assert says in f"{caught.value} {caught.value.suggestion}"


def test_numbers_that_are_no_dates_of_this_format():
    with pytest.raises(cv.DataError) as caught:
        cv.transactions(tx(timestamp=[19970101.5, 19970101.0, NAN]), format="%Y%m%d")
    assert (caught.value.code, caught.value.count) == ("not_whole", 1)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("offset", "hours"), [("+01:00", 1), ("-08:00", -8), ("+14:00", 14), ("Z", 0)])
def test_fixed_offsets_of_whole_hours(library, offset, hours):
    frame = LIBRARIES[library]({"customer_id": [1], "timestamp": [f"2020-07-01T12:00{offset}"]})
    (value,) = plain(cv.transactions(frame)["timestamp"])
    assert value == dt.datetime(2020, 7, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    assert value.utcoffset() == dt.timedelta(hours=hours)


def test_other_fixed_offsets():
    columns = {"customer_id": [1], "timestamp": ["2020-07-01T12:00+05:30"]}
    assert cv.transactions(pd.DataFrame(columns))["timestamp"][0] == pd.Timestamp("2020-07-01T06:30Z")
    for library in (pl.DataFrame, pa.table):
        with pytest.raises(cv.DataError, match="convert the times to UTC") as caught:
            cv.transactions(library(columns))
        assert (caught.value.code, caught.value.column) == ("time_zone", "timestamp")


# numbers


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, 3], "int64"),
        ([1.5, NAN, float("inf")], "float64"),
        (objects([Decimal("1.25"), None, 2]), "float64"),
        (objects([1, None, 3]), "Int64"),
        (objects([1.5, pd.NA, 3]), "float64"),
        ([None, None, None], "float64"),
        (pd.array([1, None, 3], dtype="int64[pyarrow]"), "int64[pyarrow]"),
    ],
)
def test_numbers(values, dtype):
    result = cv.transactions(tx(amount=values))["amount"]
    assert result.dtype == dtype
    assert plain(result) == plain(pd.Series(values))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_decimals_become_floats(library):
    columns = {"customer_id": [1, 2], "timestamp": DAYS[:2]}
    frame = LIBRARIES[library](columns | {"unit_price": [Decimal("1.25"), None], "quantity": [3, 1]})
    result = cv.transactions(frame)
    assert plain(result["unit_price"]) == [1.25, None]
    assert plain(result["amount"]) == [3.75, None]


@pytest.mark.parametrize(
    ("values", "count", "says"),
    [
        (["1", "x", ""], 2, "2 of its values are no numbers: 'x', '' (rows 1, 2)"),
        (["1", "2", None], 2, "all of them read as numbers: '1', '2' (rows 0, 1)"),
        (["1_000", "2", None], 1, "'1_000' (rows 0)"),
        (objects([1.5, "x", None]), 1, "'x' (rows 1)"),
        (objects([1.5, True, None]), 1, "True (rows 1)"),
        (pd.Categorical(["a", "b", "a"]), 3, "'a', 'b', 'a'"),
        ([True, False, True], None, "it holds booleans"),
        (pd.to_datetime(DAYS), None, "it holds times"),
        (objects([[1], [2], [3]]), None, "it holds objects of type list"),
    ],
)
def test_what_is_no_number(values, count, says):
    with pytest.raises(cv.ColumnError) as caught:
        cv.transactions(tx(Paid=values), amount="Paid")
    assert (caught.value.code, caught.value.column, caught.value.count) == ("column", "Paid", count)
    assert "column 'Paid' must hold numbers" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("library", "lossless", "lossy"),
    [
        ("pandas", 'df["amount"] = pd.to_numeric(df["amount"])', "errors='coerce'"),
        ("polars", 'df.with_columns(pl.col("amount").cast(pl.Float64))', "strict=False"),
        ("pyarrow", 'pc.cast(df["amount"], "float64")', "after setting those values null"),
    ],
)
def test_the_way_to_numbers_in_each_library(library, lossless, lossy):
    columns = {"customer_id": [1, 2], "timestamp": DAYS[:2]}
    with pytest.raises(cv.ColumnError) as caught:
        cv.transactions(LIBRARIES[library](columns | {"amount": ["1", "2"]}))
    assert caught.value.suggestion == lossless
    with pytest.raises(cv.ColumnError) as caught:
        cv.transactions(LIBRARIES[library](columns | {"amount": ["1", "n/a"]}))
    assert lossy in caught.value.suggestion


# contracts


def subscriptions(observed, **columns):
    return pd.DataFrame({"customer_id": range(len(observed)), "duration": 1, "observed": observed} | columns)


@pytest.mark.parametrize(
    ("values", "true_values", "expected"),
    [
        ([True, False, True], None, [True, False, True]),
        ([1, 0, 1], None, [True, False, True]),
        ([1.0, 0.0, NAN], None, [True, False, None]),
        (objects([True, None, False]), None, [True, None, False]),
        (objects([True, 0, None]), None, [True, False, None]),
        (pd.array([True, None, False], dtype="boolean"), None, [True, None, False]),
        (["Yes", "No", None], ["Yes"], [True, False, None]),
        (["Yes", "No", "Yes"], "Yes", [True, False, True]),
        (pd.Categorical(["Yes", "No", None]), ("Yes",), [True, False, None]),
        (objects(["Yes", 1, "No"]), ("Yes", 1), [True, True, False]),
        (["left", "ended", "active"], ["left", "ended"], [True, True, False]),
        ([1, 0, 1], ["Yes"], [True, False, True]),
        ([1, 0, 1], [0], [False, True, False]),
        ([3, 1, 2], [3], [True, False, False]),
        ([True, False, True], [0], [True, False, True]),
        ([None, None, None], None, [None] * 3),
    ],
)
def test_flags(values, true_values, expected):
    result = cv.contracts(subscriptions(values), true_values=true_values)["observed"]
    assert plain(result) == expected
    assert str(result.dtype) == ("boolean" if None in expected or hasattr(values, "_mask") else "bool")


@pytest.mark.parametrize(
    ("values", "true_values", "count", "says"),
    [
        (["Yes", "No", None], None, 2, "true_values=[…]"),
        ([0, 1, 2], None, 1, "2 (rows 2)"),
        (["Yes", "yes ", "No"], ["Yes"], 1, "true_values=['Yes', 'yes ']"),
        (["Yes", "1", "No"], ["Yes", 1], 1, "true_values=['Yes', 1, '1']"),
    ],
)
def test_flags_that_are_neither_true_nor_false(values, true_values, count, says):
    with pytest.raises(cv.DataError) as caught:
        cv.contracts(subscriptions(values), true_values=true_values)
    assert (caught.value.code, caught.value.column, caught.value.count) == ("not_flags", "observed", count)
    assert says in str(caught.value)


def test_dates_are_no_flags():
    with pytest.raises(cv.ColumnError, match="must hold true or false; it holds times"):
        cv.contracts(subscriptions(pd.to_datetime(DAYS)))


@pytest.mark.parametrize("columns", [[], ["duration"], ["observed", "ended_at"], ["started_at"]])
def test_contracts_need_a_duration_or_dates(columns):
    frame = pd.DataFrame({"customer_id": [1]} | {name: [1] for name in columns})
    with pytest.raises(cv.ColumnError, match=r"duration.*observed.*started_at.*ended_at.*still running") as caught:
        cv.contracts(frame)
    assert caught.value.code == "column"
    assert caught.value.column in {"duration", "observed"}


def test_contracts_keep_running_ones_and_backward_ones():
    frame = pd.DataFrame({"customer_id": [1, 2], "started_at": DAYS[:1] * 2, "ended_at": [None, "2023-01-01"]})
    result = cv.contracts(frame)
    assert plain(result["ended_at"]) == [None, pd.Timestamp("2023-01-01")]


# customers, events, responses


def test_customers_by_customer_or_by_record():
    frame = pd.DataFrame({"id": [1.0, NAN], "system": ["crm", "web"]})
    assert plain(cv.customers(frame, record="id", source="system")["record_id"]) == [1, None]
    assert plain(cv.customers(frame, customer="id")["customer_id"]) == [1, None]
    with pytest.raises(cv.ColumnError, match=r"'customer_id' or 'record_id'.*cv\.customers\(df, customer=…\)"):
        cv.customers(frame)


def test_customers_columns():
    frame = pd.DataFrame(
        {"customer_id": ["a"], "birth_date": ["1980-02-29"], "acquisition_cost": ["5"], "phone": [49.0]}
    )
    with pytest.raises(cv.ColumnError) as caught:
        cv.customers(frame)
    assert caught.value.column == "acquisition_cost"
    result = cv.customers(frame.assign(acquisition_cost=5))
    assert result["birth_date"][0] == pd.Timestamp("1980-02-29")
    assert result["phone"].tolist() == [49.0]


def test_events_need_an_event():
    frame = pd.DataFrame({"customer_id": [1], "timestamp": DAYS[:1], "Event": ["buy"], "session": [3.0]})
    with pytest.raises(cv.ColumnError, match=r'cv\.events\(df, event="Event"\)'):
        cv.events(frame)
    assert cv.events(frame, event="Event", session="session")["session_id"].tolist() == [3]


def test_columns_of_nulls_keep_a_type_that_serves():
    frame = pl.DataFrame(
        {"customer_id": [None], "started_at": [None], "ended_at": [None], "observed": [None], "price": [None]},
        schema={
            "customer_id": pl.String,
            "started_at": pl.Datetime("ms", "UTC"),
            "ended_at": pl.Null,
            "observed": pl.Boolean,
            "price": pl.Int8,
        },
    )
    result = cv.contracts(frame)
    assert result.schema == frame.schema | {"ended_at": pl.Datetime("us")}
    assert result.height == result.null_count().row(0)[0] == 1


def test_lists_in_polars_are_no_identifiers():
    with pytest.raises(cv.ColumnError, match=r"it holds List\(Int64\)"):
        cv.transactions(pl.DataFrame({"customer_id": [[1]], "timestamp": DAYS[:1]}))


def test_answers_on_the_scale():
    frame = pd.DataFrame({"REC": [0, 10, NAN], "Q1": [1, 5, 3], "Q2": objects([1, None, 5])})
    result = cv.responses(frame, score="REC", items=["Q1", "Q2"], scale=(0, 10))
    assert list(result) == ["score", "Q1", "Q2"]
    assert plain(result["score"]) == [0, 10, None]
    assert result["Q2"].dtype == "Int64"
    assert list(cv.responses(frame, items=["Q1"])) == ["REC", "Q1", "Q2"]


@pytest.mark.parametrize(
    ("arguments", "column", "count", "examples", "shown"),
    [
        ({"score": "REC", "scale": (0, 10)}, "REC", 2, [1, 2], "-1, 99"),
        ({"score": "REC", "items": ["Q1"], "scale": (-1, 99)}, "Q1", 1, [0], "100"),
        ({"items": ["Q1"], "scale": (0, 10)}, "Q1", 1, [0], "100"),
    ],
)
def test_answers_off_the_scale(arguments, column, count, examples, shown):
    frame = pd.DataFrame({"REC": [5, 99, -1, NAN], "Q1": [100, 5, 3, 3]})
    with pytest.raises(cv.DataError, match=f": {shown} ") as caught:
        cv.responses(frame, **arguments)
    error = caught.value
    assert (error.code, error.column, error.count, error.examples) == ("off_scale", column, count, examples)


@pytest.mark.parametrize("scale", [5, (0,), (10, 0), (0, 0), ("a", "b"), (0, float("inf")), (0, 5, 10)])
def test_scales_that_cannot_be(scale):
    with pytest.raises(cv.CustvalError, match="scale") as caught:
        cv.responses(pd.DataFrame({"score": [1]}), scale=scale)
    assert caught.value.code == "parameter"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "score"),
        ({"items": ["Q9"]}, "no column 'Q9'"),
        ({"items": ["REC"]}, "column 'REC' must hold numbers; it holds text"),
        ({"score": "REC"}, "column 'REC' must hold numbers; it holds text"),
        ({"score": "Q1", "items": ["Q1"]}, "cannot be both score and items"),
        ({"items": ["Q1", "Q1"]}, "cannot be both items and items"),
    ],
)
def test_responses_that_cannot_be(arguments, says):
    frame = pd.DataFrame({"REC": ["good", "bad"], "Q1": [1, 2]})
    with pytest.raises(cv.ColumnError, match=says):
        cv.responses(frame, **arguments)


def test_items_are_names():
    with pytest.raises(cv.CustvalError, match=r"items=\['Q1'\]"):
        cv.responses(pd.DataFrame({"Q1": [1]}), items="Q1")


def test_errors_are_data_for_a_service():
    with pytest.raises(cv.DataError) as caught:
        cv.transactions(tx(customer_id=[1.0, 2.5, 3.5]))
    found = caught.value.to_dict()
    assert {**found, "message": "", "suggestion": ""} == {
        "code": "not_whole",
        "message": "",
        "column": "customer_id",
        "count": 2,
        "suggestion": "",
        "examples": [1, 2],
    }


# customers out of a denormalized table


def slow_customers(rows, conflict, *, timed):
    """One customer after the other, one column after the other."""
    result = {"customer_id": [], "city": [], "age": [], "conflicts": []}
    for customer in sorted({row[0] for row in rows}):
        own = [(place, row) for place, row in enumerate(rows) if row[0] == customer]
        own = sorted(own, key=lambda item: item[1][1:3]) if timed else own
        result["customer_id"].append(customer)
        conflicts = 0
        for name, position in (("city", 3), ("age", 4)):
            values = [row[position] for _, row in own if row[position] is not None]
            conflicts += len(set(values)) > 1
            if not values:
                result[name].append(None)
            elif conflict == "latest":
                result[name].append(values[-1])
            else:
                counts = Counter(values)
                last = {row[position]: row[1:3] if timed else () for _, row in own}
                most = [value for value in counts if counts[value] == max(counts.values())]
                latest = max(last[value] for value in most)
                result[name].append(min(value for value in most if last[value] == latest))
        result["conflicts"].append(conflicts)
    return result


@given(
    st.lists(
        st.tuples(
            st.integers(-2, 3),
            st.integers(0, 3),
            st.integers(0, 2),
            st.none() | st.sampled_from(["Bonn", "Rome", "Bari"]),
            st.none() | st.integers(20, 22),
        ),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from(["latest", "mode"]),
    st.booleans(),
    st.sampled_from(list(LIBRARIES)),
)
def test_customers_from_against_the_slow_way(rows, conflict, timed, library):
    timed = timed or conflict == "latest"
    customer, when, sequence, city, age = map(list, zip(*rows, strict=True))
    times = [dt.datetime(2024, 1, 1 + day) for day in when]
    columns = {"customer_id": customer, "city": city, "age": age}
    columns |= {"timestamp": times, "sequence": sequence} if timed else {}
    frame = LIBRARIES[library](columns)
    result = cv.customers_from(frame, ["city", "age"], conflict=conflict)
    assert type(result) is type(frame)
    assert columns_of(result) == ["customer_id", "city", "age", "conflicts"]
    assert {name: plain(result[name]) for name in columns_of(result)} == slow_customers(rows, conflict, timed=timed)


@pytest.mark.parametrize("conflict", ["latest", "mode"])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], [False, None]),
        ([1.5, 2.5, NAN], [2.5, None]),
        ([dt.datetime(2024, 1, 1), dt.datetime(2023, 1, 1), None], [dt.datetime(2023, 1, 1), None]),
        (["b", "a", None], ["a", None]),
    ],
)
def test_attributes_of_every_type(library, conflict, values, expected):
    columns = {"customer_id": ["x", "x", "w"], "timestamp": [dt.datetime(2024, 1, day) for day in (1, 2, 3)]}
    frame = LIBRARIES[library](columns | {"attribute": values})
    result = cv.customers_from(frame, "attribute", conflict=conflict)
    assert plain(result["customer_id"]) == ["w", "x"]
    assert plain(result["attribute"]) == expected[::-1]
    assert plain(result["conflicts"]) == [0, 1]


def test_attributes_that_are_categories():
    frame = pd.DataFrame({"customer_id": pd.Categorical(["b", "a", "b"]), "tier": pd.Categorical(["x", "y", "z"])})
    result = cv.customers_from(frame, ["tier"], conflict="mode")
    assert result["customer_id"].tolist() == ["a", "b"]
    assert result["tier"].tolist() == ["y", "x"]


def test_rows_of_the_same_time_without_a_sequence_count_in_their_order():
    frame = {"customer_id": [1, 1], "timestamp": [dt.datetime(2024, 1, 1)] * 2, "city": ["Rome", "Bari"]}
    assert cv.customers_from(frame, "city")["city"] == ["Bari"]
    assert cv.customers_from(frame, "city", conflict="mode")["city"] == ["Bari"]  # the first in sorted order
    assert cv.customers_from({**frame, "city": ["Bari", "Rome"]}, "city", conflict="mode")["city"] == ["Bari"]
    assert cv.customers_from({**frame, "sequence": [2, 1]}, "city")["city"] == ["Rome"]


def test_customers_from_without_conflicts():
    frame = {"customer_id": [2, 1, 2], "city": ["Bonn", "Rome", None]}
    expected = {"customer_id": [1, 2], "city": ["Rome", "Bonn"], "conflicts": [0, 0]}
    assert cv.customers_from(frame, ["city"], conflict="raise") == expected


def test_customers_from_an_empty_table():
    frame = pd.DataFrame({"customer_id": [1], "timestamp": [pd.Timestamp("2024-01-01")], "city": ["Bonn"]})[:0]
    for conflict in ("latest", "mode", "raise"):
        result = cv.customers_from(frame, ["city"], conflict=conflict)
        assert list(result) == ["customer_id", "city", "conflicts"]
        assert len(result) == 0


def test_customers_from_refuses_conflicts():
    frame = {"customer_id": [9, 7, 7, 9, 8], "city": ["a", "a", "b", "a", None], "age": [1, 1, 1, 2, 1]}
    with pytest.raises(cv.DataError, match=r"2 customers .*'city' 1, 'age' 1.*such as 7, 9") as caught:
        cv.customers_from(frame, ["city", "age"], conflict="raise")
    error = caught.value
    assert (error.code, error.column, error.count, error.examples) == ("conflicts", "city", 2, [1, 0])


@pytest.mark.parametrize(
    ("change", "arguments", "error", "says"),
    [
        ({"customer_id": [1, None]}, {}, cv.DataError, "missing in 1 of 2 rows"),
        ({"timestamp": [None, pd.Timestamp("2024-01-01")]}, {}, cv.DataError, "missing in 1 of 2 rows"),
        ({}, {"columns": ["town"]}, cv.ColumnError, "no column 'town'"),
        ({}, {"columns": []}, cv.CustvalError, "at least one"),
        ({}, {"columns": ["city", "city"]}, cv.ColumnError, "once"),
        ({}, {"columns": ["customer_id"]}, cv.ColumnError, "customer_id"),
        ({"conflicts": [0, 0]}, {"columns": ["conflicts"]}, cv.ColumnError, "conflicts"),
        ({}, {"conflict": "first"}, cv.CustvalError, "conflict must be one of"),
    ],
)
def test_customers_from_bad_input(change, arguments, error, says):
    frame = {"customer_id": [1, 1], "timestamp": pd.to_datetime(DAYS[:2]), "city": ["a", "b"]} | change
    with pytest.raises(error, match=says):
        cv.customers_from(pd.DataFrame(frame), **{"columns": ["city"], **arguments})


def test_the_latest_value_needs_a_time():
    with pytest.raises(cv.ColumnError, match="conflict='mode'") as caught:
        cv.customers_from({"customer_id": [1], "city": ["a"]}, ["city"])
    assert caught.value.column == "timestamp"
