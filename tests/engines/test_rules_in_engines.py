"""Rules about types, other rows and whole tables: the same in every engine as on arrays."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from custval.data_quality import presets, rules, validate
from custval.datasets import simulate_store
from custval.errors import CustvalError

KEY = "line"
START = np.datetime64("2011-03-20T00:00:00", "us")


@pytest.fixture
def till():
    """Lines of a till in which everything that these rules look for happens often."""
    rng = np.random.default_rng(5)
    n = 600
    lines = {
        "customer_id": rng.choice(["ann", "bob", "cem", "dée", None], n, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
        "product_id": rng.choice(["tea", "cup"], n),
        "timestamp": START + np.sort(rng.integers(0, 900, n)).astype("m8[s]"),
        "quantity": rng.choice([-3, -1, 0, 1, 2, 5, 4_000], n, p=[0.1, 0.3, 0.05, 0.25, 0.2, 0.09, 0.01]),
        "amount": np.round(rng.choice([-1.0, 1.0], n) * rng.gamma(2.0, 10.0, n), 1),
        "currency": rng.choice(["EUR", "USD", None], n, p=[0.8, 0.15, 0.05]),
        "text": rng.choice(["1", " 2.5 ", "1,5", "", "yes", "No", "是", None], n),
        "flag": rng.integers(0, 3, n),
        "order_id": rng.choice(["536365", "C536379", "c1", "CN-1", "退货", None], n),
    }
    frame = pd.DataFrame(lines).sample(frac=1.0, random_state=1)
    for name in ("customer_id", "currency", "text", "order_id", "product_id"):
        frame[name] = frame[name].astype(object)
    frame.loc[frame["amount"] > 60, "amount"] = np.nan
    frame["timestamp"] = frame["timestamp"].where(rng.random(n) > 0.02)
    frame[KEY] = np.arange(n)
    return frame.reset_index(drop=True)


SOME = [
    rules.of_type("text", "number"),
    rules.of_type("text", "boolean", severity="warning"),
    rules.of_type("flag", "boolean", severity="warning"),
    rules.of_type("timestamp", "time"),
    rules.of_type("amount", "text", severity="warning"),
    rules.not_in_set("customer_id", ["bob"], severity="warning"),
    rules.not_in_set("flag", range(2, 3_000), severity="warning"),
    rules.excludes_pattern("order_id", r"^[Cc]\d|退"),
    rules.excludes_pattern("flag", "2"),
    rules.varied(["quantity", "flag"]),
    rules.monotone("quantity", by="customer_id", order_by="timestamp"),
    rules.monotone("amount", by=["customer_id", "product_id"], order_by=KEY, direction="decreasing", strict=True),
    rules.near_duplicate(["customer_id", "product_id"], within="5s"),
    rules.near_duplicate(within="5s", name="the line differs"),
    rules.refund_after_purchase(severity="warning"),
    rules.refund_after_purchase("amount", by="customer_id"),
    rules.constant("currency"),
    rules.constant("flag", severity="warning"),
    rules.constant("amount", severity="warning", name="no constant"),
    rules.no_outliers("quantity", by="product_id"),
    rules.no_outliers("amount", threshold=1.5, severity="error"),
    rules.no_outliers("amount", by=["product_id", "order_id", "customer_id", "currency"], threshold=1, name="few rows"),
    rules.fresh("timestamp", "1D", as_of="2011-03-20"),
    rules.fresh("timestamp", "1D", as_of="2011-03-30", name="late"),
    rules.fresh("text", name="no time"),
    rules.share_of_nulls("amount", high=0.01),
    rules.share_of("currency", ["EUR"], low=0.5, high=0.9),
    rules.share_of("currency", [1], low=0.5, name="no number"),
    *(rules.statistic("amount", of, low=0) for of in ("mean", "median", "sum", "std", "min", "max", 0.25)),
    rules.statistic("text", "mean", low=0),
    rules.row_count(low=700),
]


def test_the_same_rows_fail(engine, till):
    lazy, eager = validate(engine.lazy(till), SOME, key=KEY), validate(till, SOME, key=KEY)
    got, want = (one.summary.assign(reason=one.summary["reason"].isna()) for one in (lazy, eager))
    pd.testing.assert_frame_equal(got, want, check_dtype=False)
    assert lazy.passed == eager.passed
    assert dict(lazy.account.set_aside) == dict(eager.account.set_aside)
    rejected = engine.collect(lazy.rejected, by=KEY)
    assert rejected[KEY].tolist() == eager.rejected[KEY].sort_values().tolist()
    failures = engine.collect(lazy.failures, by=[])
    pairs = sorted(zip(failures["rule"], failures["key"], strict=True))
    assert pairs == sorted(zip(eager.failures["rule"], eager.failures["key"], strict=True))
    counts = dict(zip(eager.summary["rule"], eager.summary["failures"], strict=True))
    untouched = {name for name, count in counts.items() if not count}
    assert untouched <= {
        *("of_type(timestamp, kind='time')", "excludes_pattern(flag, pattern='2')", "the line differs"),
        *(rule.name for rule in SOME if rule.about_table),
    }


def test_nothing_known_and_no_rows(engine, till):
    nothing = till.assign(text=pd.Series([None] * len(till), dtype=object))
    for frame in (till.iloc[:0], nothing):
        lazy, eager = validate(engine.lazy(frame), SOME, key=KEY), validate(frame, SOME, key=KEY)
        assert lazy.summary["status"].tolist() == eager.summary["status"].tolist()
        assert lazy.account.rows_out == eager.account.rows_out


def test_freshness_in_a_zone(engine, till):
    frame = till[["timestamp", KEY]].assign(timestamp=till["timestamp"])
    zoned = engine.zoned({"timestamp": frame["timestamp"], KEY: frame[KEY]})
    eager = frame.assign(timestamp=frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"))
    now = (dt.datetime.now(dt.UTC) - dt.datetime(2011, 3, 20, tzinfo=dt.UTC)) / dt.timedelta(days=1)
    some = [
        rules.fresh("timestamp", "30min", as_of="2011-03-20T01:40"),
        rules.fresh("timestamp", "30min", as_of="2011-03-20T02:00", name="late"),
        rules.fresh("timestamp", f"{int(now) + 1}D", name="by the clock"),
        rules.fresh("timestamp", f"{int(now) - 1}D", name="old"),
    ]
    lazy, want = (validate(one, some, key=KEY, tz="Europe/Berlin") for one in (zoned, eager))
    assert lazy.summary["status"].tolist() == want.summary["status"].tolist() == ["passed", "failed"] * 2
    assert lazy.summary["measured"].tolist() == want.summary["measured"].tolist()


def test_text_is_not_read_as_times(engine):
    with pytest.raises(CustvalError, match="would read text as times"):
        validate(engine.lazy({KEY: [1], "text": ["2024-01-01"]}), [rules.of_type("text", "time")], key=KEY)


@pytest.fixture(scope="module")
def store():
    return simulate_store(150, defect_rate=0.03, rng=2)


@pytest.mark.parametrize("name", ["transactions", "customers", "contracts", "events", "responses"])
def test_presets(engine, store, name):
    until = str(store.until)
    rule_set = {
        "transactions": presets.transactions(until, test_accounts=[150, 151, 152, 153, 154]),
        "customers": presets.customers(until),
        "contracts": presets.contracts(until),
        "events": presets.events(until, known=["visit", "view", "cart", "purchase"]),
        "responses": presets.responses((0, 10), until),
    }[name]
    frame = getattr(store, name)
    frame = frame.assign(**{KEY: np.arange(len(frame))})
    lazy, eager = validate(engine.lazy(frame), rule_set, key=KEY), validate(frame, rule_set, key=KEY)
    pd.testing.assert_frame_equal(lazy.summary, eager.summary, check_dtype=False)
    assert dict(lazy.account.set_aside) == dict(eager.account.set_aside)
    failures = engine.collect(lazy.failures, by=[])
    assert sorted(zip(failures["rule"], failures["key"], strict=True)) == sorted(
        zip(eager.failures["rule"], eager.failures["key"], strict=True)
    )
