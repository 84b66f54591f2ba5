"""Contribution against a loop over lines with exact decimals."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custval as cv
from custval.clv import contribution

LINES = {
    "customer_id": ["a", "b", "b", "c", "b", "d"],
    "timestamp": ["2024-01-03", "2024-01-20", "2024-02-11", "2024-02-12", "2024-02-28", "2024-02-29"],
    "amount": [20.0, 50.0, 10.0, 20.0, -4.0, -1.0],
    "cost": [10.0, 30.0, 5.0, 15.0, -2.0, 0.0],
    "order_id": ["1", "2", "2", "3", "4", "5"],
}


def transactions(columns=None):
    return cv.transactions(pd.DataFrame(columns or LINES))


def end_of(day, every):
    if every == "1D":
        return day
    if every == "1W":
        return day + dt.timedelta(days=6 - day.weekday())
    if every == "1M":
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if every == "1Y":
        return day.replace(month=12, day=31)
    return None


def written_out(rows, every, *, with_cost):
    """The definition: lines into cells one by one, then each cell's share, in cents that do not round."""
    cells = defaultdict(lambda: [Decimal(0), Decimal(0), set()])
    for customer, day, cents, cost, order in rows:
        cell = cells[end_of(day, every), customer]
        cell[0] += Decimal(cents) / 100
        cell[1] += Decimal(cost) / 100
        if cents > 0:
            cell[2].add(order)
    table = []
    for end in sorted({end for end, _ in cells}, key=lambda end: end or dt.date.min):
        own = [(who, *cell) for (when, who), cell in cells.items() if when == end]
        worth = {who: money - cost if with_cost else money for who, money, cost, _ in own}
        total, running = sum(worth.values()), Decimal(0)
        for who, money, cost, orders in sorted(own, key=lambda row: (-worth[row[0]], row[0])):
            running += worth[who]
            shares = (worth[who] / total, running / total) if total > 0 else (None, None)
            table.append((who, end, money, cost, money - cost, len(orders), *shares))
    return table


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.dates(dt.date(2023, 11, 25), dt.date(2024, 3, 3)),
        st.integers(-500, 2000),
        st.integers(-100, 800),
        st.sampled_from("uvw"),
    ),
    min_size=1,
    max_size=25,
)


@given(ROWS, st.sampled_from([None, "1D", "1W", "1M", "1Y"]), st.booleans())
def test_the_definition(rows, every, with_cost):
    customer, day, cents, cost, order = zip(*rows, strict=True)
    columns = {
        "customer_id": customer,
        "timestamp": pd.to_datetime(list(day)),
        "amount": np.array(cents) / 100,
        "order_id": order,
    }
    if with_cost:
        columns["cost"] = np.array(cost) / 100
    got = contribution(pd.DataFrame(columns), every)
    expected = written_out(rows, every, with_cost=with_cost)
    names = ["customer_id", "period_end", "revenue", "cost", "margin", "orders", "share", "cumulative_share"]
    left_out = {"period_end"} if every is None else set()
    left_out |= set() if with_cost else {"cost", "margin"}
    assert list(got.columns) == [name for name in names if name not in left_out]
    by = {(row[0], row[1]): row for row in expected}
    assert len(got) == len(by)
    for row in got.to_dict("records"):
        key = (row["customer_id"], row["period_end"].date() if every else None)
        wanted = dict(zip(names, by[key], strict=True))
        # sums that are equal but for rounding stand in any order, so the running sum is looked at below
        for name in set(names) - left_out - {"customer_id", "period_end", "cumulative_share"}:
            if wanted[name] is None:
                assert np.isnan(row[name])
            else:
                assert float(row[name]) == pytest.approx(float(wanted[name]), rel=1e-9, abs=1e-9)
    running = got.groupby("period_end")["share"] if every else got["share"]
    np.testing.assert_allclose(got["cumulative_share"], running.cumsum(), atol=1e-9)
    worth = got["margin" if with_cost else "revenue"]
    falls = worth.groupby(got["period_end"]).diff() if every else worth.diff()
    assert not (falls > 0).any()


def test_rows_in_the_order_of_what_they_brought():
    got = contribution(transactions())
    assert got["customer_id"].tolist() == ["b", "a", "c", "d"]
    assert got["revenue"].tolist() == [56.0, 20.0, 20.0, -1.0]
    assert got["margin"].tolist() == [23.0, 10.0, 5.0, -1.0]
    assert got["orders"].tolist() == [1, 1, 1, 0]
    assert got["share"].tolist() == [23 / 37, 10 / 37, 5 / 37, -1 / 37]
    assert got["cumulative_share"].tolist() == pytest.approx([23 / 37, 33 / 37, 38 / 37, 1.0])


def test_ties_stand_by_customer():
    got = contribution(transactions({name: LINES[name][:4] for name in ("customer_id", "timestamp", "amount")}))
    assert got["customer_id"].tolist() == ["b", "a", "c"]
    assert got["orders"].tolist() == [2, 1, 1]


def test_spans_that_are_no_calendar_periods_count_back_from_the_last_day():
    got = contribution(transactions(), "3W")
    ends = [str(end.date()) for end in got["period_end"].drop_duplicates()]
    assert ends == ["2024-01-18", "2024-02-08", "2024-02-29"]
    assert got["revenue"].tolist() == [20.0, 50.0, 20.0, 6.0, -1.0]
    months = contribution(transactions(), "2M")
    assert [str(end.date()) for end in months["period_end"].drop_duplicates()] == ["2024-02-29"]


@pytest.mark.parametrize("amount", [[-20.0, 5.0], [20.0, -20.0], [0.0, 0.0]])
def test_without_a_positive_whole_there_are_no_shares(amount, frame_library, to_lists):
    tx = cv.transactions(
        frame_library({"customer_id": ["a", "b"], "timestamp": ["2024-01-01", "2024-01-02"], "amount": amount})
    )
    got = to_lists(contribution(tx))
    assert sum(got["revenue"]) == sum(amount)
    for name in ("share", "cumulative_share"):
        assert all(pd.isna(value) for value in got[name])


def test_money_is_that_of_the_transactions_to_the_cent():
    tx = cv.datasets.load_cdnow()
    cents = round(sum(map(Decimal, tx["amount"].astype(str))), 2)
    for every in (None, "1D", "1W", "1M", "1Y", "45D", "5M"):
        got = contribution(tx, every)
        assert round(Decimal(float(got["revenue"].sum())), 2) == cents
        last = got.groupby("period_end")["cumulative_share"].last() if every else got["cumulative_share"].iloc[[-1]]
        np.testing.assert_allclose(last, 1.0, rtol=1e-12)


def test_orders_are_those_of_the_summary():
    tx = cv.datasets.load_cdnow(sample=True)
    got = contribution(tx).set_index("customer_id")["orders"]
    summary = cv.summarize(tx).set_index("customer_id")["orders"]
    pd.testing.assert_series_equal(got.loc[summary.index], summary)


def test_every_library_alike(frame_library, to_lists):
    frame = frame_library(LINES)
    tx = cv.transactions(frame)
    got = contribution(tx, "1M")
    assert type(got) is type(tx)
    expected = contribution(transactions(), "1M")
    for name, values in to_lists(got).items():
        plain = pd.to_datetime(values).tolist() if name == "period_end" else list(values)
        assert plain == expected[name].tolist(), name


def test_no_lines_no_rows():
    got = contribution(transactions().iloc[:0], "1M")
    assert len(got) == 0
    assert list(got.columns)[:3] == ["customer_id", "period_end", "revenue"]


@pytest.mark.parametrize(
    ("columns", "every", "words"),
    [
        ({**LINES, "cost": [1.0, None, 1.0, 1.0, 1.0, 1.0]}, None, "'cost' is missing in 1 of 6"),
        ({name: LINES[name] for name in ("customer_id", "timestamp")}, None, "no column 'amount'"),
        (LINES, "6h", "a day or longer"),
        (LINES, "month", "such as '12M'"),
        (LINES, 3, "such as '12M'"),
    ],
)
def test_bad_arguments(columns, every, words):
    with pytest.raises(cv.CustvalError, match=words):
        contribution(transactions(columns), every)
