import numpy as np

from custval._kernels.event_times import event_times


def test_times_are_sorted_and_those_that_end_end_at_one():
    rng = np.random.default_rng(1)
    count = rng.integers(0, 6, 5000)
    ends = (rng.random(5000) < 0.5) & (count > 0)
    customer, time = event_times(count, ends=ends, rng=rng)
    np.testing.assert_array_equal(np.bincount(customer, minlength=5000), count)
    assert np.all((time > 0) & (time <= 1))
    assert np.all((np.diff(customer) > 0) | (np.diff(time) > 0))
    last = np.flatnonzero(np.diff(customer, append=-1))
    np.testing.assert_array_equal(time[last] == 1, ends[customer[last]])


def test_times_are_uniform():
    rng = np.random.default_rng(2)
    n = 100_000
    _, time = event_times(np.full(n, 3), ends=np.zeros(n, dtype=bool), rng=rng)
    # order statistics of three uniforms: Beta(k, 4 - k)
    for k, values in enumerate(time.reshape(n, 3).T, start=1):
        assert abs(values.mean() - k / 4) < 5 * np.sqrt(k * (4 - k) / 80 / n)
        assert abs(values.var() / (k * (4 - k) / 80) - 1) < 0.03


def test_nobody():
    customer, time = event_times(np.zeros(3, dtype=int), ends=np.zeros(3, dtype=bool), rng=np.random.default_rng(1))
    assert customer.size == time.size == 0
