"""Netting against a queue per group that is worked off line by line, in exact arithmetic."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.refunds import net_refunds
from custval.errors import DataError


def queue(group, time, is_refund, size):
    """What is left of each line, as fractions."""
    left = [Fraction(str(s)) for s in size]
    waiting = {}
    for line in sorted(range(len(group)), key=lambda i: (time[i], is_refund[i], size[i], i)):
        sales = waiting.setdefault(group[line], deque())
        if group[line] < 0:
            continue
        if not is_refund[line]:
            sales.append(line)
            continue
        while sales and left[line]:
            taken = min(left[line], left[sales[0]])
            left[line] -= taken
            left[sales[0]] -= taken
            if not left[sales[0]]:
                sales.popleft()
    return left


def lines(sizes):
    line = st.tuples(st.integers(-1, 3), st.integers(0, 6), st.booleans(), sizes)
    return st.lists(line, max_size=40)


def arrays(drawn):
    group, time, is_refund, size = zip(*drawn, strict=True) if drawn else ((), (), (), ())
    return np.array(group, int), np.array(time, int), np.array(is_refund, bool), np.array(size, float)


WHOLE = st.integers(0, 9)
CENTS = st.integers(0, 2_000).map(lambda n: n / 100)
MILLIONTHS = st.integers(0, 3_000_000).map(lambda n: n / 1_000_000)


@pytest.mark.parametrize("sizes", [WHOLE, CENTS, MILLIONTHS], ids=["whole", "cents", "millionths"])
def test_nets_what_a_queue_nets(sizes):
    @given(lines(sizes))
    def check(drawn):
        group, time, is_refund, size = arrays(drawn)
        given_size = size.copy()
        netted = net_refunds(group, time, is_refund, size)
        expected = [float(left) for left in queue(group, time, is_refund, size.tolist())]
        assert netted.remaining.tolist() == expected
        assert netted.touched.tolist() == (netted.remaining < given_size).tolist()
        assert size.tolist() == given_size.tolist()

    check()


@given(lines(CENTS))
def test_sales_lose_what_refunds_find(drawn):
    group, time, is_refund, size = arrays(drawn)
    netted = net_refunds(group, time, is_refund, size)
    lost = size - netted.remaining
    for number in range(4):
        members = group == number
        assert lost[members & is_refund].sum() == pytest.approx(lost[members & ~is_refund].sum(), abs=1e-9)
    assert not lost[group < 0].any()


@given(lines(WHOLE))
def test_netting_the_netted_changes_nothing(drawn):
    group, time, is_refund, size = arrays(drawn)
    once = net_refunds(group, time, is_refund, size)
    twice = net_refunds(group, time, is_refund, once.remaining)
    assert not twice.touched.any()
    assert twice.remaining.tolist() == once.remaining.tolist()


def test_many_lines_of_few_groups_and_few_lines_of_many():
    rng = np.random.default_rng(5)
    for groups in (2, 900):
        n = 2_000
        group, time = rng.integers(0, groups, n), rng.integers(0, 500, n)
        is_refund, size = rng.random(n) < 0.4, rng.integers(0, 50, n) / 10
        netted = net_refunds(group, time, is_refund, size)
        assert netted.remaining.tolist() == [float(x) for x in queue(group, time, is_refund, size.tolist())]


def test_of_one_time_sales_come_before_refunds_and_small_lines_before_large_ones():
    group, time = np.zeros(4, int), np.zeros(4, int)
    refund_first = net_refunds(group, time, np.array([True, False, False, False]), np.array([5.0, 8.0, 4.0, 4.0]))
    # in the order of the array 3 of 8 would be left, and 4 and 4
    assert refund_first.remaining.tolist() == [0.0, 8.0, 0.0, 3.0]
    small_refund_first = net_refunds(group, time, np.array([True, True, True, False]), np.array([8.0, 4.0, 9.0, 7.0]))
    assert small_refund_first.remaining.tolist() == [5.0, 0.0, 9.0, 0.0]


@given(lines(WHOLE))
def test_no_line_of_which_a_part_is_left_is_as_large_as_another_of_its_time(drawn):
    group, time, is_refund, size = arrays(drawn)
    netted = net_refunds(group, time, is_refund, size)
    for line in np.flatnonzero(netted.touched & (netted.remaining > 0)):
        alike = (group == group[line]) & (time == time[line]) & (is_refund == is_refund[line]) & (size > 0)
        assert np.count_nonzero(netted.remaining[alike] == netted.remaining[line]) == 1


@given(lines(CENTS), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_is_no_matter(drawn, random):
    shuffled = sorted(drawn, key=lambda _: random.random())
    left = [
        sorted(zip(map(tuple, rows), net_refunds(*arrays(rows)).remaining, strict=True)) for rows in (drawn, shuffled)
    ]
    assert left[0] == left[1]


def test_tenths_leave_no_crumbs():
    # 0.1 + 0.2 is not 0.3 in floats
    netted = net_refunds(np.zeros(3, int), np.arange(3), np.array([False, False, True]), np.array([0.1, 0.2, 0.3]))
    assert netted.remaining.tolist() == [0.0, 0.0, 0.0]


def test_large_totals_are_counted_coarser_and_too_large_ones_refused():
    group, time, is_refund = np.zeros(2, int), np.arange(2), np.array([False, True])
    netted = net_refunds(group, time, is_refund, np.array([3e15 + 0.5, 1e15]))
    assert netted.remaining.tolist() == pytest.approx([2e15 + 0.5, 0.0])
    with pytest.raises(DataError, match="more than netting can count"):
        net_refunds(group, time, is_refund, np.array([5e18, 1.0]))
