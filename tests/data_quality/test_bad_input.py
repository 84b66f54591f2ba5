"""Every function of the room on columns that nobody wants: a result or an error of the library, the input as it was."""

# ruff: noqa: ARG005, PLW0108 - all calls have one signature
from __future__ import annotations

import contextlib
import datetime as dt
import warnings
from decimal import Decimal

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval import data_quality as dq
from custval.data_quality import rules
from custval.errors import CustvalError, CustvalWarning

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

DAY = dt.datetime(2024, 1, 1)
AS_OF = dt.date(2024, 6, 30)
KEY = b"sixteen bytes ok"

COLUMNS = {
    "lists": [["a", "b"], ["a", "b"], None, [], ["c"], ["a"]],
    "dicts": [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "x"},
        None,
        {"a": 2, "b": "y"},
        {"a": None, "b": None},
        {"a": 1, "b": "z"},
    ],
    "lists of dicts": [[{"a": [1]}], [{"a": [1]}], None, [], [{"a": []}], [{"a": [2, 3]}]],
    "bytes": [b"abc", b"\xff\xfe", None, b"", b"abc", "é".encode("latin-1")],
    "lone surrogates": ["\ud800", "a\udfffb", None, "ok", "\ud800", ""],
    "control characters": ["\x00", "a\x00b", None, "\u202e", "\x1b[31m", "\ufeff"],
    "strange text": ["", " ", "\u3000", None, "z" * 20_000, "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
    "all null": [None] * 6,
    "dates of 1893 and 9999": [
        dt.date(1893, 1, 1),
        dt.date(9999, 12, 31),
        None,
        dt.date(1, 1, 1),
        DAY.date(),
        DAY.date(),
    ],
    "times of 1893 and 9999": [
        dt.datetime(1893, 1, 1),
        dt.datetime(9999, 12, 31, 23),
        None,
        DAY,
        DAY,
        dt.datetime(1, 1, 1),
    ],
    "clock times": [dt.time(1), dt.time(23, 59, 59), None, dt.time(0), dt.time(1), dt.time(2)],
    "spans": [
        dt.timedelta(1),
        dt.timedelta(days=-1),
        None,
        dt.timedelta(0),
        dt.timedelta(1),
        dt.timedelta(days=99_999),
    ],
    "leading zeros": ["007", "0007", None, "7", "007", "00"],
    "text and numbers": ["a", 1, None, 2.5, "1", True],
    "numbers and dates": [1, dt.date(2024, 1, 1), None, DAY, 2.0, Decimal("1.10")],
    "text and lists": ["a", "b", None, ["c"], {"d": 1}, "a"],
    "objects": [object, ValueError("e"), None, 1j, (1, 2), {3}],
    "huge whole numbers": [10**400, -(10**30), None, 1, 2**63, 2],
    "infinities": [float("inf"), float("-inf"), float("nan"), 0.0, -0.0, 1e308],
    "tiny and large": [5e-324, 1.7e308, None, -1.7e308, 1e-300, 2**53 + 1.0],
    "large integers": [2**63 - 1, -(2**63), None, 0, 2**53 + 1, 2**53],
    "decimals": [
        Decimal("1.10"),
        Decimal("-99999999999999999999.99"),
        None,
        Decimal(0),
        Decimal("1.10"),
        Decimal("0.01"),
    ],
    "booleans": [True, False, None, True, True, False],
}
ROLES = {
    "customer_id": ["ann", "ann", "bob", "bob", None, "cai"],
    "timestamp": [DAY + dt.timedelta(days=day) for day in (0, 0, 1, 2, 3, 4)],
    "product_id": ["tea", "tea", "cup", "cup", "cup", "tea"],
    "quantity": [2, 2, 3, -1, 1, 1],
    "amount": [4.0, 4.0, 9.0, -3.0, 3.0, 0.0],
}


def objects(columns):
    made = {}
    for name, values in columns.items():
        series = pd.Series([None] * len(values), dtype=object)
        for row, value in enumerate(values):
            series.iat[row] = value
        made[name] = series
    frame = pd.DataFrame(made)
    plain = {"timestamp": "datetime64[us]", "quantity": "int64", "amount": "float64"}
    return frame.astype({name: kind for name, kind in plain.items() if columns.get(name) == ROLES[name]})


LIBRARIES = {
    "pandas-object": objects,
    "pandas-arrow": lambda columns: pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}
# what a library cannot hold in a column
CANNOT_HOLD = (pa.ArrowException, TypeError, ValueError, OverflowError, pl.exceptions.PolarsError, UnicodeEncodeError)


def frames(columns, libraries=tuple(LIBRARIES)):
    for library in libraries:
        try:
            yield LIBRARIES[library](columns)
        except CANNOT_HOLD:
            continue


def snapshot(frame):
    """Everything that is in a frame, as text."""
    entered = nw.from_native(frame, eager_only=True)
    cells = {name: repr(entered[name].to_list()) for name in entered.columns}
    index = repr(frame.index) if isinstance(frame, pd.DataFrame) else ""
    return cells, [str(dtype) for dtype in entered.schema.dtypes()], index


def rows_of(frame):
    return nw.from_native(frame, eager_only=True).shape[0]


def same_rows(result, frame):
    assert rows_of(getattr(result, "frame", result)) == rows_of(frame)


def in_account(result, frame):
    account = result.account
    assert account.rows_in == rows_of(frame)
    assert account.rows_in == account.rows_out + sum(account.set_aside.values())
    kept = result.accepted if isinstance(result, dq.Validation) else result.frame
    assert account.rows_out == rows_of(kept)
    if isinstance(result, (dq.CleanedTransactions, dq.Retained)):
        assert rows_of(result.removed) == account.rows_in - account.rows_out


def consents_of(frame):
    """Everybody who is known has agreed."""
    known = nw.from_native(frame, eager_only=True).select("customer_id").filter(~nw.col("customer_id").is_null())
    backend, n = known.implementation, len(known)
    # as columns: narwhals 2.0 cannot put a literal beside a column without rows
    purpose = nw.new_series("purpose", ["mail"] * n, nw.String, backend=backend)
    granted = nw.new_series("granted", [True] * n, nw.Boolean, backend=backend)
    return nw.maybe_reset_index(known).with_columns(purpose, granted).to_native()


def nothing(result, frame):
    """Of the functions that say something about a table and give no rows back."""


def impute(**options):
    return lambda frame, x: dq.Imputer(**options).fit(frame).transform_with_log(frame)


ALL_RULES = [
    ("not_null", lambda x: rules.not_null(x)),
    ("unique", lambda x: rules.unique(x)),
    ("in_set", lambda x: rules.in_set(x, ["a", "b"])),
    ("in_set of numbers", lambda x: rules.in_set(x, [1, 2])),
    ("not_in_set", lambda x: rules.not_in_set(x, ["a"])),
    ("in_range", lambda x: rules.in_range(x, low=0)),
    ("in_range of days", lambda x: rules.in_range(x, low="2024-01-01")),
    ("matches_pattern", lambda x: rules.matches_pattern(x, r"\d+")),
    ("of_type", lambda x: rules.of_type(x, "number")),
    ("not_in_future", lambda x: rules.not_in_future(x, as_of=AS_OF)),
    ("expression", lambda x: rules.expression(f"{x} == 'a'")),
    ("expression of numbers", lambda x: rules.expression(f"{x} > 0")),
    ("expression of nulls", lambda x: rules.expression(f"is_null({x})")),
    ("no_outliers", lambda x: rules.no_outliers(x)),
    ("constant", lambda x: rules.constant(x)),
    ("varied", lambda x: rules.varied(x)),
    ("fresh", lambda x: rules.fresh(x, "30D", as_of=AS_OF)),
    ("share_of_nulls", lambda x: rules.share_of_nulls(x, high=0.5)),
]

# name: columns that the bad one stands for, the call, and what must hold for the rows
CALLS = {
    "profile": (["x", "customer_id", "timestamp"], lambda frame, x: dq.profile(frame, as_of=AS_OF), nothing),
    "validate": (
        ["customer_id", "timestamp", "product_id", "quantity", "amount", "x"],
        lambda frame, x: dq.validate(frame, dq.presets.transactions(as_of=AS_OF)),
        in_account,
    ),
    "validate with a key": (["x"], lambda frame, x: dq.validate(frame, rules.not_null("amount"), key=x), in_account),
    "every rule": (
        ["x"],
        lambda frame, x: dq.validate(frame, dq.RuleSet(make(x) for _, make in ALL_RULES)),
        in_account,
    ),
    "clean_transactions": (
        ["customer_id", "timestamp", "product_id", "quantity", "amount", "x"],
        lambda frame, x: dq.clean_transactions(frame),
        in_account,
    ),
    "clean_transactions, dropping": (
        ["customer_id", "amount", "x"],
        lambda frame, x: dq.clean_transactions(frame, refunds="drop", zero_amount="drop", duplicates="keep"),
        in_account,
    ),
    "outliers": (["x"], lambda frame, x: dq.outliers(frame), nothing),
    "outliers named": (["x"], lambda frame, x: dq.outliers(frame, x), nothing),
    "outliers by": (["x"], lambda frame, x: dq.outliers(frame, "amount", by=x), nothing),
    "isolation forest": (["x"], lambda frame, x: dq.outliers(frame, method="isolation_forest"), nothing),
    "drift": (["x"], lambda frame, x: dq.drift(frame, frame), nothing),
    "drift named": (["x"], lambda frame, x: dq.drift(frame, frame, x), nothing),
    "schema_difference": (["x"], lambda frame, x: dq.schema_difference(frame, frame), nothing),
    "compare_profiles": (["x"], lambda frame, x: dq.compare_profiles(dq.profile(frame), dq.profile(frame)), nothing),
    "imputer": (["x"], impute(), same_rows),
    "imputer by": (["x"], impute(by="x"), same_rows),
    "imputer of modes": (["x"], impute(strategy="mode", add_indicator=True), same_rows),
    "standardize": (["x"], lambda frame, x: dq.standardize(frame), same_rows),
    **{
        f"standardize as {kind}": (
            ["x"],
            lambda frame, x, kind=kind: dq.standardize(frame, {x: kind}, region="CN", errors="null"),
            same_rows,
        )
        for kind in ("text", "name", "phone", "email", "country", "date", "boolean")
    },
    "to_dates": (["x"], lambda frame, x: dq.to_dates(frame), same_rows),
    "to_dates named": (["x"], lambda frame, x: dq.to_dates(frame, x), same_rows),
    "to_numeric": (["x"], lambda frame, x: dq.to_numeric(frame), same_rows),
    "to_numeric named": (["x"], lambda frame, x: dq.to_numeric(frame, x), same_rows),
    "find_pii": (["x"], lambda frame, x: dq.find_pii(frame, show_values=True), nothing),
    "mask": (["x"], lambda frame, x: dq.mask(frame), same_rows),
    "mask named": (["x"], lambda frame, x: dq.mask(frame, x), same_rows),
    "pseudonymize": (["x"], lambda frame, x: dq.pseudonymize(frame, x, KEY), same_rows),
    "anonymity": (["x"], lambda frame, x: dq.anonymity(frame, x), nothing),
    "anonymity, sensitive": (["x"], lambda frame, x: dq.anonymity(frame, "product_id", x), nothing),
    "anonymity in a population": (["x"], lambda frame, x: dq.anonymity(frame, x, population=frame), nothing),
    **{
        f"generalize by {next(iter(how))}": (["x"], lambda frame, x, how=how: dq.generalize(frame, {x: how}), same_rows)
        for how in (
            {"width": 10},
            {"cuts": [0, 1]},
            {"top": 5},
            {"prefix": 1},
            {"rare": 2},
            {"period": "M"},
            {"groups": {"a": "b"}, "default": "other"},
        )
    },
    "respect_consent": (["x"], lambda frame, x: dq.respect_consent(frame, "mail", consent=x), in_account),
    "respect_consent of a table": (
        ["customer_id"],
        lambda frame, x: dq.respect_consent(
            frame,
            "mail",
            consents=consents_of(frame),
        ),
        in_account,
    ),
    "retention": (["x"], lambda frame, x: dq.retention(frame, x, "1Y", as_of=AS_OF, missing_time="keep"), in_account),
    "suppress_small_cells": (["x"], lambda frame, x: dq.suppress_small_cells(frame, x), same_rows),
    "suppress_small_cells by": (["x"], lambda frame, x: dq.suppress_small_cells(frame, "row_count", by=x), same_rows),
}


def call(name, columns, libraries=tuple(LIBRARIES)):
    function, holds = CALLS[name][1:]
    x = "x"
    for frame in frames(columns, libraries):
        before = snapshot(frame)
        found = None
        with warnings.catch_warnings(), contextlib.suppress(CustvalError):
            warnings.simplefilter("ignore", CustvalWarning)
            found = function(frame, x)
        assert snapshot(frame) == before
        if found is not None:
            holds(found, frame)


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("bad", COLUMNS)
def test_a_result_or_an_error_and_the_input_as_it_was(name, bad):
    # one library by turns, so that each meets each kind of column; objects of pandas hold everything
    turn = list(CALLS).index(name) + list(COLUMNS).index(bad)
    for place, role in enumerate(CALLS[name][0]):
        columns = {
            **ROLES,
            "row_count": [20, 30, 5, 40, 50, 60],
            "x": ["p", "q", None, "p", "r", "p"],
            role: COLUMNS[bad],
        }
        libraries = list(LIBRARIES)
        call(name, columns, (libraries[(turn + place) % 4],) if turn % 2 else ("pandas-object",))


@pytest.mark.parametrize("name", CALLS)
def test_no_rows(name):
    kinds = {**dict.fromkeys(ROLES, pa.string()), "timestamp": pa.timestamp("us"), "quantity": pa.int64()}
    kinds |= {"amount": pa.float64(), "row_count": pa.int64()}
    for kind in (pa.string(), pa.list_(pa.string())):
        table = pa.table({name: pa.array([], type_) for name, type_ in {**kinds, "x": kind}.items()})
        function, holds = CALLS[name][1:]
        for frame in (table, table.to_pandas().astype(object), pl.from_arrow(table)):
            try:
                found = function(frame, "x")
            except CustvalError:
                continue
            holds(found, frame)


@pytest.mark.parametrize("name", CALLS)
def test_one_row_and_all_null(name):
    call(name, {key: values[:1] for key, values in {**ROLES, "row_count": [20], "x": ["a"]}.items()})
    call(name, {key: [None, None, None] for key in (*ROLES, "row_count", "x")})


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=6)  # halves of characters are among them
KINDS = [
    ANY_TEXT,
    st.sampled_from(["1.234,50", "12/13/2020", "a@b.cn", "13800138000", "yes", "男", "", " "]),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 3),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=4),
    st.lists(st.text(max_size=2), max_size=2),
    st.decimals(-(10**12), 10**12, places=2),
]
LONGEST = 6
COLUMN = st.one_of(
    st.sampled_from(KINDS).flatmap(lambda kind: st.lists(st.none() | kind, min_size=LONGEST, max_size=LONGEST)),
    st.lists(st.none() | st.one_of(KINDS), min_size=LONGEST, max_size=LONGEST),
)


@settings(max_examples=150)
@given(
    st.sampled_from([name for name in CALLS if name != "isolation forest"]),
    st.data(),
    st.sampled_from(list(LIBRARIES)),
    st.integers(1, LONGEST),
)
def test_no_column_is_changed_and_every_row_is_accounted_for(name, data, library, n):
    role = data.draw(st.sampled_from(CALLS[name][0]))
    columns = {**ROLES, "row_count": [20, 30, 5, 40, 50, 60], "x": ["p", "q", None, "p", "r", "p"]}
    columns[role] = data.draw(COLUMN)
    call(name, {key: column[:n] for key, column in columns.items()}, (library,))
