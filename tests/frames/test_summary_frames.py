"""One summary, whatever the library."""

from __future__ import annotations

import numpy as np
import pytest

import custval as cv

RNG = np.random.default_rng(7)
N = 3_000
DAYS = RNG.integers(0, 200, N)
COLUMNS = {
    "amount": np.round(RNG.gamma(2, 20, N) - 5, 2).tolist(),
    "order_id": [f"o{number}" for number in RNG.integers(0, N // 2, N)],
    "timestamp": [str(day) for day in np.datetime64("2023-12-01") + DAYS],
}
IDS = {"integers": RNG.integers(0, 400, N).tolist(), "text": [f"c{number:04}" for number in RNG.integers(0, 400, N)]}


@pytest.fixture(params=IDS)
def columns(request):
    return {"customer_id": IDS[request.param], **COLUMNS}


def close(left, right):
    assert list(left) == list(right)
    for name, values in left.items():
        if isinstance(values[0], float):
            np.testing.assert_allclose(values, right[name], rtol=1e-12, atol=1e-9, err_msg=name)
        else:
            assert [str(value) for value in values] == [str(value) for value in right[name]], name


@pytest.mark.parametrize("grain", ["D", "W", "M"])
def test_summarize(frame_library, to_lists, columns, grain):
    reference = to_lists(cv.summarize(cv.transactions(columns), grain=grain, until="2024-05-01"))
    frame = frame_library(columns)
    result = cv.summarize(cv.transactions(frame), grain=grain, until="2024-05-01")
    assert type(result) is type(frame)
    close(to_lists(result), reference)


def test_calibration_holdout(frame_library, to_lists, columns):
    reference = to_lists(cv.calibration_holdout(cv.transactions(columns), calibration_end="2024-03-15", unit="W"))
    result = cv.calibration_holdout(cv.transactions(frame_library(columns)), calibration_end="2024-03-15", unit="W")
    close(to_lists(result), reference)


def test_contracts(frame_library, to_lists):
    columns = {
        "customer_id": ["a", "b", "c"],
        "started_at": ["2024-01-31", "2024-02-01", "2024-03-01"],
        "ended_at": ["2024-03-31", None, "2024-03-02"],
        "price": [1.0, 2.0, 3.0],
    }
    result = to_lists(cv.summarize_contracts(cv.contracts(frame_library(columns)), unit="M", until="2024-06-01"))
    assert result["duration"] == [2, 4, 1]
    assert result["observed"] == [True, False, True]
    assert result["price"] == [1.0, 2.0, 3.0]
