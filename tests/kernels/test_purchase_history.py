"""Features on any day against counting on a list of days."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from custval._kernels.occasions import occasions
from custval._kernels.purchase_history import FEATURES, PurchaseHistory, before_first_purchase

HISTORIES = st.lists(st.lists(st.integers(-20, 40), min_size=1, max_size=8), min_size=1, max_size=5)


def history_of(days, window, names=FEATURES):
    owner = np.repeat(np.arange(len(days)), [len(own) for own in days])
    flat = np.array(list(itertools.chain.from_iterable(days)), dtype=np.int64)
    return PurchaseHistory.of(occasions(owner, len(days), flat, None), window, names)


def slow_features(days, day, window):
    past = sorted({d for d in days if d <= day})
    gaps = [later - earlier for earlier, later in itertools.pairwise(past)]
    return {
        "occasions": len(past),
        "frequency": len(past) - 1,
        "age": day - past[0],
        "time_since_last": day - past[-1],
        "mean_gap": sum(gaps) / len(gaps) if gaps else np.nan,
        "last_gap": gaps[-1] if gaps else np.nan,
        "recent_occasions": sum(day - window < d <= day for d in past),
        "earlier_occasions": sum(day - 2 * window < d <= day - window for d in past),
    }


@settings(max_examples=60)
@given(days=HISTORIES, day=st.integers(-20, 90), window=st.integers(1, 30))
def test_features_are_what_counting_gives(days, day, window):
    history = history_of(days, window)
    there = np.array([customer for customer, own in enumerate(days) if min(own) <= day], dtype=np.int64)
    found = history.features(there, np.full(len(there), day))
    assert set(found) == set(FEATURES)
    for row, customer in enumerate(there):
        expected = slow_features(days[customer], day, window)
        np.testing.assert_equal({name: found[name][row] for name in FEATURES}, expected)


@settings(max_examples=60)
@given(days=HISTORIES, window=st.integers(1, 30), until=st.integers(40, 80))
def test_between_two_events_only_the_growing_features_change_and_by_one_a_day(days, window, until):
    history = history_of(days, window)
    start, event = history.events(until)
    for customer, own in enumerate(days):
        mine = event[start[customer] : start[customer + 1]].tolist()
        assert mine[0] == min(own)
        for day in range(min(own) + 1, until + 1):
            before, now = (slow_features(own, d, window) for d in (day - 1, day))
            steady = {name: now[name] for name in FEATURES if name not in {"age", "time_since_last"}}
            changed = any(not np.array_equal(before[name], now[name], equal_nan=True) for name in steady)
            assert not changed or day in mine
            assert day in mine or now["time_since_last"] == before["time_since_last"] + 1


def test_without_windows_the_events_are_the_occasions():
    history = history_of([[3, 1, 3], [2]], 7, ["occasions", "age"])
    start, event = history.events(90)
    assert start.tolist() == [0, 2, 3]
    assert event.tolist() == [1, 3, 2]
    assert history.first(np.array([0, 1])).tolist() == [1, 2]


def test_before_the_first_purchase_there_are_no_times():
    found = before_first_purchase(2, FEATURES)
    assert {name for name, values in found.items() if np.isnan(values).all()} == {
        "age",
        "time_since_last",
        "mean_gap",
        "last_gap",
    }
    assert all((found[name] == 0).all() for name in FEATURES if "occasions" in name or name == "frequency")
