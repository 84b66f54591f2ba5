"""Rules judged and transactions cleaned in the engine: the same rows, counts and money as in Python."""

import datetime as dt

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from custval.data_quality import clean_transactions, profile, rules, validate
from custval.errors import ColumnError, CustvalError, DataError

ZONE = "Europe/Berlin"
KEY = "line"


@pytest.fixture
def messy():
    """Lines with all that cleaning takes out, each copied line twice, and a number that tells the others apart."""

    def make(lines):
        frame = pd.DataFrame(lines)
        rng = np.random.default_rng(1)
        n = len(frame)
        frame["customer_id"] = frame["customer_id"].astype(object).where(rng.random(n) > 0.03)
        frame["amount"] = frame["amount"].where(rng.random(n) > 0.02)
        frame["product_id"] = rng.choice(["tea", "cup", "POST", None], n, p=[0.5, 0.3, 0.1, 0.1])
        frame[KEY] = np.arange(n)
        copies = frame.iloc[rng.choice(n, n // 20, replace=False)]
        return pd.concat([frame, copies, copies], ignore_index=True)

    return make


def same_account(lazy, eager):
    assert lazy.rows_in == eager.rows_in
    assert lazy.rows_out == eager.rows_out
    assert dict(lazy.set_aside) == dict(eager.set_aside)
    assert list(lazy.set_aside) == list(eager.set_aside)
    assert lazy.amount_in == pytest.approx(eager.amount_in, rel=1e-9)
    assert lazy.amount_out == pytest.approx(eager.amount_out, rel=1e-9)
    assert dict(lazy.amount_set_aside) == pytest.approx(dict(eager.amount_set_aside), rel=1e-9, abs=1e-6)


@pytest.fixture
def fetched(monkeypatch):
    """How many rows came to Python, query by query."""
    rows, collect = [], nw.LazyFrame.collect

    def count(self, *args, **kwargs):
        found = collect(self, *args, **kwargs)
        rows.append(len(found))
        return found

    monkeypatch.setattr(nw.LazyFrame, "collect", count)
    return rows


def is_slow(engine, size):
    """Whether every query counts."""
    return engine.name == "pyspark" and size > 1_000


def texts(frame):
    """Rows as sorted tuples of text, so that null is comparable."""
    return sorted(
        tuple("null" if pd.isna(cell) else str(cell) for cell in row) for row in frame.itertuples(index=False)
    )


REASONS = ("missing customer", "exact duplicate", "zero amount", "refund")
POLICIES = {
    "missing_customer": "drop",
    "duplicates": "drop",
    "zero_amount": "drop",
    "refunds": "drop",
    "exclude": {"postage": "product_id == 'POST'", "large": "amount > 60"},
}


def cleaned_both(engine, frame, **policies):
    lazy, eager = clean_transactions(engine.lazy(frame), **policies), clean_transactions(frame, **policies)
    same_account(lazy.account, eager.account)
    pd.testing.assert_frame_equal(lazy.log, eager.log, check_dtype=False, rtol=1e-9)
    return lazy, eager


def test_clean(engine, size, some_lines, messy, fetched):
    frame = messy(some_lines(size, text=True))
    lazy, eager = cleaned_both(engine, frame, **POLICIES)
    assert len(fetched) == 1
    assert fetched[0] <= 7
    assert lazy.changed is None
    assert engine.is_lazy(lazy.frame)
    assert engine.is_lazy(lazy.removed)
    left = engine.collect(lazy.removed, by=[KEY, "reason"])
    assert list(left.columns) == [*frame.columns, "reason"]
    want = eager.removed.sort_values([KEY, "reason"])
    assert left[KEY].tolist() == want[KEY].tolist()
    assert left["reason"].tolist() == want["reason"].tolist()
    if is_slow(engine, size):
        return
    stay, want = engine.collect(lazy.frame, by=KEY), eager.frame.sort_values(KEY)
    assert list(stay.columns) == list(frame.columns)
    assert stay[KEY].tolist() == want[KEY].tolist()
    np.testing.assert_allclose(stay["amount"].astype(float), want["amount"], rtol=1e-12)
    assert set(left["reason"]) == {*POLICIES["exclude"], *REASONS}


def test_clean_keeps_what_it_is_told_to(engine, some_lines, messy):
    frame = messy(some_lines(300, text=True))
    keep = {"refunds": "keep", "duplicates": "keep", "missing_customer": "keep"}
    lazy, _ = cleaned_both(engine, frame, **keep)
    assert len(engine.collect(lazy.frame)) == len(frame)
    assert engine.collect(lazy.removed).empty
    assert lazy.log.empty
    cleaned_both(engine, frame, refunds="drop", refund_when="starts_with(order_id, 'o1')")


def test_refunds_without_amounts(engine, some_lines, messy):
    frame = messy(some_lines(300, text=True)).rename(columns={"amount": "quantity"})
    policies = {"refunds": "drop"}
    lazy, eager = clean_transactions(engine.lazy(frame), **policies), clean_transactions(frame, **policies)
    assert dict(lazy.account.set_aside) == dict(eager.account.set_aside)
    assert lazy.account.set_aside["refund"] > 0
    assert lazy.account.amount_in is None
    assert lazy.log["amount"].isna().all()
    without = frame.drop(columns="quantity")
    lazy = clean_transactions(engine.lazy(without), **policies)
    assert lazy.account.set_aside == clean_transactions(without, **policies).account.set_aside


def test_equal_lines_with_nulls(engine):
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", None, None, "b", "b", "b"],
            "timestamp": pd.to_datetime(["2024-01-01"] * 3 + [None] * 2 + ["2024-01-02"] * 3).astype("datetime64[us]"),
            "amount": [None, None, 1.0, 2.0, 2.0, 0.0, -0.0, 0.0],
            "note": [None, None, None, None, None, "x", "x", None],
        }
    )
    lazy, _ = cleaned_both(engine, frame, refunds="keep", missing_customer="keep")
    assert lazy.account.set_aside == {"exact duplicate": 3}
    assert len(engine.collect(lazy.frame)) == 5


def test_not_a_number_is_null(engine):
    rows = [(1, float("nan")), (1, None), (2, 1.0), (2, -5.0)]
    if engine.name == "polars":
        import polars as pl

        lazy = pl.LazyFrame(rows, schema=["customer_id", "amount"], orient="row")
    elif engine.name == "pyspark":
        import pyarrow as pa

        lazy = engine.session.createDataFrame(
            pa.table(dict(zip(["customer_id", "amount"], zip(*rows, strict=True), strict=True)))
        )
    else:
        run = engine.session.execute if engine.name == "duckdb" else engine.session.raw_sql
        run("CREATE OR REPLACE TABLE not_numbers (customer_id INTEGER, amount DOUBLE)")
        run("INSERT INTO not_numbers VALUES (1, 'nan'), (1, NULL), (2, 1), (2, -5)")
        lazy = engine.session.table("not_numbers")
    cleaned = clean_transactions(lazy, refunds="drop", exclude={"not small": "amount > 100"})
    assert cleaned.account.set_aside == {"missing customer": 0, "exact duplicate": 1, "not small": 0, "refund": 1}
    assert cleaned.account.amount_in == pytest.approx(-4.0)


def test_netting_needs_rows(engine, some_lines):
    with pytest.raises(DataError, match="is a lazy frame") as raised:
        clean_transactions(engine.lazy(some_lines(10)))
    assert raised.value.code == "lazy"
    for way_out in ("refunds='drop'", "refunds='keep'", "collect it first"):
        assert way_out in str(raised.value)


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [("missing_customer", "missing customer"), ("duplicates", "exact duplicate"), ("zero_amount", "zero amount")],
)
def test_policies_that_raise(engine, some_lines, messy, parameter, reason):
    frame = messy(some_lines(200, text=True))
    with pytest.raises(DataError, match=f"lines: {reason}, and {parameter}='raise'") as raised:
        clean_transactions(engine.lazy(frame), refunds="keep", **{parameter: "raise"})
    with pytest.raises(DataError) as eager:
        clean_transactions(frame, refunds="keep", **{parameter: "raise"})
    assert raised.value.count == eager.value.count
    assert raised.value.code == eager.value.code


def test_what_cannot_be_cleaned(engine):
    good = {"customer_id": ["a", "b"], "amount": [1.0, 2.0]}
    with pytest.raises(ColumnError, match="no column 'customer_id'"):
        clean_transactions(engine.lazy({"amount": [1.0]}), refunds="keep")
    with pytest.raises(ColumnError, match="'amount' must hold numbers"):
        clean_transactions(engine.lazy({**good, "amount": ["1", "2"]}), refunds="drop")
    with pytest.raises(ColumnError, match="no column 'amount'"):
        clean_transactions(engine.lazy({"customer_id": ["a"]}), refunds="keep", zero_amount="drop")
    with pytest.raises(ColumnError, match="has a column 'reason' already"):
        clean_transactions(engine.lazy({**good, "reason": ["x", "y"]}), refunds="keep")
    with pytest.raises(DataError, match="'amount' is infinite in 1 rows"):
        clean_transactions(engine.lazy({**good, "amount": [float("inf"), 1.0]}), refunds="keep")
    with pytest.raises(ColumnError, match="does not fit"):
        clean_transactions(engine.lazy(good), refunds="keep", exclude={"odd": "amount == 'x'"})


def test_days_of_conditions(engine, some_lines):
    lines = some_lines(200, text=True)
    exclude = {"old": "timestamp < date('2012-01-01')"}
    cleaned_both(engine, pd.DataFrame(lines), refunds="keep", exclude=exclude)
    zoned = engine.zoned(lines)
    frame = pd.DataFrame(lines)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    how = {"refunds": "keep", "exclude": exclude, "tz": ZONE}
    eager = clean_transactions(frame, **how)
    if engine.name != "ibis":  # whose types name a zone that the session need not heed
        assert clean_transactions(zoned, **how).account.set_aside == eager.account.set_aside
    if engine.name != "polars":
        with pytest.raises(DataError, match="tz="):
            clean_transactions(zoned, refunds="keep", exclude=exclude)
    for table in (zoned, frame):
        with pytest.raises(DataError, match="tz='Asia/Tokyo' is asked for"):
            clean_transactions(table, refunds="keep", exclude=exclude, tz="Asia/Tokyo")


# rules


def all_rules():
    return [
        rules.not_null("customer_id"),
        rules.in_range("amount", low=0.0, high=50),
        rules.in_range("timestamp", low="2011-06-01", high="2012-12-31", severity="warning"),
        rules.in_set("product_id", ["tea", "cup"]),
        rules.references("customer_id", [f"c{number:07d}" for number in range(0, 40_000, 3)], severity="warning"),
        rules.matches_pattern("order_id", r"o\d*[1-9]|none"),
        rules.expression("amount > 1 or product_id == 'cup'"),
        rules.unique(KEY),
        rules.unique(["customer_id", "product_id", "order_id"], severity="warning"),
        rules.unique(severity="warning"),
        rules.unique(keep="first", name="copies", severity="warning"),
        rules.not_in_future("timestamp", as_of="2013-01-15"),
        rules.not_in_future("timestamp", name="later than now"),
        rules.not_null("email", optional=True),
    ]


def validated_both(engine, frame, some_rules, **how):
    lazy, eager = validate(engine.lazy(frame), some_rules, key=KEY, **how), validate(frame, some_rules, key=KEY, **how)
    assert lazy.passed == eager.passed
    same_account(lazy.account, eager.account)
    pd.testing.assert_frame_equal(lazy.summary, eager.summary, check_dtype=False)
    return lazy, eager


def test_validate(engine, size, some_lines, messy, fetched):
    frame = messy(some_lines(size, text=True))
    some = all_rules()[1:8] if is_slow(engine, size) else all_rules()
    lazy, eager = validated_both(engine, frame, some)
    assert len(fetched) == 1
    assert fetched[0] <= 10
    assert (eager.summary["failures"] > 0).sum() >= len(some) - 3
    for name in ("failures", "accepted", "rejected"):
        assert engine.is_lazy(getattr(lazy, name))
    rejected, want = engine.collect(lazy.rejected, by=KEY), eager.rejected.sort_values(KEY)
    assert list(rejected.columns) == list(want.columns)
    assert rejected[KEY].tolist() == want[KEY].tolist()
    assert rejected["rejection_reasons"].tolist() == want["rejection_reasons"].tolist()
    if is_slow(engine, size):
        return
    accepted = engine.collect(lazy.accepted, by=KEY)
    assert list(accepted.columns) == list(frame.columns)
    assert accepted[KEY].tolist() == eager.accepted[KEY].sort_values().tolist()
    if size == 1_000:
        failures = engine.collect(lazy.failures, by=[])
        assert list(failures.columns) == list(eager.failures.columns)
        assert texts(failures) == texts(eager.failures)


def test_the_first_of_equal_rows_is_told_by_the_key(engine):
    frame = pd.DataFrame(
        {
            "order_id": ["a", "b", "a", "a", None, None, "c"],
            KEY: [4, 1, 7, 5, 2, 3, 6],
            "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        }
    )
    first = rules.unique("order_id", keep="first")
    lazy = validate(engine.lazy(frame), [first], key=KEY)
    assert engine.collect(lazy.rejected, by=KEY)[KEY].tolist() == [5, 7]
    assert lazy.account.amount_set_aside == {first.name: 7.0}
    frame.loc[2, KEY] = 5
    with pytest.raises(DataError, match="2 rows that are alike in 'order_id' are alike in the key too") as raised:
        validate(engine.lazy(frame), [first], key=KEY)
    assert 'keep="none"' in raised.value.suggestion
    assert validate(engine.lazy(frame), [rules.unique("order_id")], key=KEY).account.rows_out == 4


def test_values_as_text(engine):
    frame = pd.DataFrame(
        {
            KEY: ["a", "b", "c"],
            "whole": [1, 2, 3],
            "number": [1.0, -0.25, 1e15],
            "flag": [True, False, True],
            "time": pd.to_datetime(
                ["2024-01-01", "2024-01-01 10:00:00.000123", "2024-12-31 23:59:59"], format="ISO8601"
            ),
            "text": ["x", None, "ü"],
        }
    )
    frame["time"] = frame["time"].astype("datetime64[us]")
    every = [
        rules.expression("whole < 0 and number < 0 and text == 'q'"),
        rules.expression("whole < 0 and is_null(time)"),
        rules.in_set("flag", [False]),
        rules.in_range("number", high=-5),
    ]
    lazy, eager = validate(engine.lazy(frame), every, key=KEY), validate(frame, every, key=KEY)
    got, want = engine.collect(lazy.failures, by=[]), eager.failures
    assert got.replace("1.0E15", "1e+15").replace("1000000000000000.0", "1e+15")["value"].notna().all()
    assert texts(got[got["key"] != "c"]) == texts(want[want["key"] != "c"])


def test_columns_that_cannot_be_read(engine):
    frame = pd.DataFrame({KEY: [1, 2], "text": ["a", None], "nothing": [None, None], "number": [1.0, 2.0]})
    every = [
        rules.in_range("text", low=0),
        rules.in_set("number", ["a"]),
        rules.matches_pattern("number", "a"),
        rules.not_in_future("text"),
        rules.in_range("nothing", low=0),
        rules.not_in_future("nothing"),
        rules.expression("text > 5"),
    ]
    lazy, eager = validate(engine.lazy(frame), every, key=KEY), validate(frame, every, key=KEY)
    assert lazy.summary["failures"].tolist() == eager.summary["failures"].tolist() == [2, 2, 2, 2, 0, 0, 2]
    reasons = engine.collect(lazy.failures, by=["rule", "key"])["reason"]
    assert reasons.notna().all()
    assert "must hold numbers, for in_range(text, low=0); it holds text" in " ".join(reasons)


def test_patterns_are_those_of_the_engine(engine):
    frame = pd.DataFrame({KEY: [1, 2, 3, 4, 5], "code": ["75001", "7500", "75001\n", None, "x75001"]})
    five = rules.matches_pattern("code", r"\d{4}|\d{5}")
    lazy, eager = validate(engine.lazy(frame), [five], key=KEY), validate(frame, [five], key=KEY)
    assert engine.collect(lazy.failures, by="key")["key"].tolist() == eager.failures["key"].tolist() == [3, 5]
    ahead = rules.matches_pattern("code", r"(?=7)\d+")
    if engine.name == "pyspark":
        assert validate(engine.lazy(frame), [ahead], key=KEY).summary["failures"].tolist() == [2]
        ahead = rules.matches_pattern("code", r"(?P<a>7)(?P=a)\d+")
    with pytest.raises(CustvalError, match="cannot read the pattern of matches_pattern") as raised:
        validate(engine.lazy(frame), [rules.not_null("code"), ahead], key=KEY)
    assert raised.value.code == "pattern"
    assert raised.value.column == "code"


def test_days_of_times_with_a_zone(engine, some_lines):
    lines = pd.DataFrame(some_lines(1_000, text=True))
    lines[KEY] = np.arange(len(lines))
    frame = lines.copy()
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    zoned = engine.zoned(lines)
    every = [
        rules.not_in_future("timestamp", as_of="2012-06-15"),
        rules.not_in_future("timestamp", as_of=dt.datetime(2012, 6, 15, 10, tzinfo=dt.UTC), name="instant"),
        rules.not_in_future("timestamp", name="now"),
    ]
    if engine.name != "ibis":
        every += [rules.in_range("timestamp", low="2011-05-01"), rules.expression("timestamp < date('2012-12-01')")]
    got, want = validate(zoned, every, key=KEY, tz=ZONE), validate(frame, every, key=KEY, tz=ZONE)
    pd.testing.assert_frame_equal(got.summary, want.summary, check_dtype=False)
    assert (got.summary["failures"] > 0).sum() == len(every) - 1
    with pytest.raises(DataError, match="the days of column 'timestamp' are those of"):
        validate(zoned, every, key=KEY, tz="Asia/Tokyo")
    with pytest.raises(DataError, match="the days of column 'timestamp' are those of"):
        validate(frame, every, key=KEY, tz="Asia/Tokyo")
    if engine.name != "polars":
        with pytest.raises(DataError, match="Say which days are meant: tz='Europe/Berlin'"):
            validate(zoned, every, key=KEY)
    if engine.name == "ibis":
        with pytest.raises(DataError, match="the days of column 'timestamp' are those of UTC"):
            validate(zoned, [rules.in_range("timestamp", low="2011-05-01")], key=KEY, tz=ZONE)


def test_what_a_lazy_frame_cannot_answer(engine):
    frame = engine.lazy({KEY: [1, 2], "amount": [1.0, 2.0]})
    with pytest.raises(DataError, match="is a lazy frame") as raised:
        validate(frame, [rules.not_null("amount")])
    assert "key=" in raised.value.suggestion
    with pytest.raises(CustvalError, match="rows have no order") as raised:
        validate(frame, [rules.monotone("amount")], key=KEY)
    assert "collect the frame first" in raised.value.suggestion
    with pytest.raises(ColumnError, match="no column 'email'"):
        validate(frame, [rules.not_null("email")], key=KEY)
    with pytest.raises(ColumnError, match="no column 'id'"):
        validate(frame, [rules.not_null("amount")], key="id")
    with pytest.raises(ColumnError, match="has a column 'rejection_reasons' already"):
        validate(engine.lazy({KEY: [1], "rejection_reasons": ["x"]}), [], key=KEY)
    with pytest.raises(DataError, match="is a lazy frame") as raised:
        profile(frame)
    assert "collect" in raised.value.suggestion


def test_no_rule_and_no_row(engine):
    frame = pd.DataFrame({KEY: [1, 2], "amount": [1.0, float("inf")]})
    nothing = validate(engine.lazy(frame), [], key=KEY)
    assert nothing.passed
    assert nothing.account.amount_in is None
    assert nothing.account.rows_out == 2
    assert len(engine.collect(nothing.accepted)) == 2
    for part in (nothing.failures, nothing.rejected):
        assert engine.collect(part, by=[]).empty
    one = rules.in_range("amount", low=0)
    empty = validate(engine.lazy(frame.iloc[:0]), [one], key=KEY)
    assert empty.passed
    assert empty.account.rows_in == 0
    assert empty.summary["status"].tolist() == ["passed"]
    lines = engine.lazy(pd.DataFrame({"customer_id": ["a"], "amount": [1.0]}).iloc[:0])
    assert clean_transactions(lines, refunds="drop").account.rows_in == 0


def test_many_values_are_looked_up(engine):
    frame = pd.DataFrame({KEY: [1, 2, 3, 4], "whole": [0, 7, 2_000, -1], "number": [0.5, 7.0, None, -1.0]})
    many = [rules.in_set("whole", range(1_500)), rules.in_set("number", np.arange(3_000) / 2)]
    lazy, eager = validate(engine.lazy(frame), many, key=KEY), validate(frame, many, key=KEY)
    assert lazy.summary["failures"].tolist() == eager.summary["failures"].tolist() == [2, 1]
    assert texts(engine.collect(lazy.failures, by=[])) == texts(eager.failures)
