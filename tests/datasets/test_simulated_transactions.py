"""Transactions drawn from a model: a summary of them gives back what the model drew."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.datasets import simulate_transactions
from custval.errors import CustvalError
from custval.typing import PurchaseSampler


class PoissonBuyers:
    """Customers who all buy at the same rate; remembers what it drew."""

    def __init__(self, rate, unit):
        self.rate = rate
        self.unit_ = unit

    def times(self, n, T, rng):
        count = rng.poisson(self.rate * T)
        customer = np.repeat(np.arange(n), count)
        return customer, rng.random(len(customer)) * T[customer]

    def sample_purchases(self, n, T, rng):
        self.T = np.broadcast_to(np.asarray(T, dtype=float), n)
        customer, time = self.times(n, self.T, rng)
        self.customer = np.concatenate([np.arange(n), customer])
        self.time = np.concatenate([np.zeros(n), time])
        return self.customer, self.time


class RegularOpportunities(PoissonBuyers):
    """Customers who may buy once in each unit of time."""

    def times(self, n, T, rng):
        assert not (T % 1).any()
        bought = rng.random((n, int(T.max()))) < self.rate
        customer, opportunity = np.nonzero(bought & (np.arange(int(T.max())) < T[:, None]))
        return customer, opportunity + 1.0


class Spenders:
    """Every purchase of customer i amounts to i + 1, and a cent more each time."""

    def sample_spend(self, frequency, _):
        self.frequency = frequency
        amounts = [i + 1 + k / 100 for i, count in enumerate(frequency) for k in range(count)]
        return np.array(amounts), frequency * 1.0


def drawn_summary(model):
    """What the model drew, one customer after the other."""
    times = [np.sort(model.time[model.customer == i]) for i in range(len(model.T))]
    return [len(t) - 1 for t in times], [t[-1] for t in times], list(model.T)


@pytest.mark.parametrize(
    ("unit", "start"), [("D", "2020-01-01"), ("W", "2021-03-31"), ("M", "2020-01-31"), ("Y", "2020-02-29")]
)
@pytest.mark.parametrize("acquisition", [None, "25M"])
def test_discrete_purchases_come_back_exactly(unit, start, acquisition):
    model = RegularOpportunities(0.3, unit)
    span = {"T": 9} if acquisition is None else {"until": "2026-12-31"}
    frame = simulate_transactions(model, 60, **span, start=start, acquisition=acquisition, grain=unit, rng=5)
    until = span.get("until") or {"D": "2020-01-10", "W": "2021-06-02", "M": "2020-10-31", "Y": "2029-02-28"}[unit]
    summary = cv.summarize(frame, grain=unit, until=until)
    frequency, recency, T = drawn_summary(model)
    assert summary["customer_id"].tolist() == list(range(60))
    assert summary["frequency"].tolist() == frequency
    assert summary["recency"].tolist() == recency
    assert summary["T"].tolist() == T
    assert len(set(T)) > 1 or acquisition is None


@pytest.mark.parametrize(("unit", "days"), [("D", 1), ("W", 7), ("M", 30.436875)])
def test_continuous_purchases_come_back_to_the_day(unit, days):
    model = PoissonBuyers(0.02 * days, unit)
    frame = simulate_transactions(model, 300, until="2021-12-31", acquisition="180D", grain="D", rng=1)
    summary = cv.summarize(frame, grain="D", unit=unit, until="2021-12-31")
    day = np.floor(model.time * days + 1e-9)
    for i, row in enumerate(summary.itertuples()):
        own = np.unique(day[model.customer == i])
        assert row.frequency == len(own) - 1
        assert row.recency * days == pytest.approx(own[-1])
        np.testing.assert_allclose(row.T, model.T[i])


def test_hours():
    model = RegularOpportunities(0.5, "h")
    frame = simulate_transactions(model, 20, T=48, start="2020-01-01T06:30", rng=1)
    summary = cv.summarize(frame, grain="h", until="2020-01-03T06:59")
    assert summary["frequency"].tolist() == drawn_summary(model)[0]
    assert summary["T"].tolist() == [48.0] * 20


def test_calendar_months_keep_continuous_times_in_order_and_in_their_month():
    model = PoissonBuyers(1.5, "M")
    frame = simulate_transactions(model, 200, T=14, start="2021-01-01", rng=2)
    order = np.lexsort((model.time, model.customer))
    assert frame.groupby("customer_id")["timestamp"].is_monotonic_increasing.all()
    month = frame["timestamp"].dt.year * 12 + frame["timestamp"].dt.month - 2021 * 12 - 1
    assert month.tolist() == np.floor(model.time[order]).tolist()


def test_first_purchases_are_at_the_start_or_spread_over_the_window():
    at_once = simulate_transactions(PoissonBuyers(0.1, "W"), 50, T=10, start="2022-05-05", rng=0)
    assert set(at_once.groupby("customer_id")["timestamp"].min()) == {pd.Timestamp(2022, 5, 5)}
    spread = simulate_transactions(PoissonBuyers(0.1, "W"), 5_000, T=10, start="2022-05-05", acquisition="90D", rng=0)
    counts = spread.groupby("customer_id")["timestamp"].min().value_counts()
    assert sorted(counts.index) == pd.date_range("2022-05-05", periods=90).tolist()
    # chi-square with 89 degrees of freedom: mean 89, standard deviation 13.3
    assert 40 < ((counts - 5_000 / 90) ** 2 / (5_000 / 90)).sum() < 150


def test_the_window_holds_no_day_before_the_start_and_whole_periods_after():
    frame = simulate_transactions(
        PoissonBuyers(0.1, "M"), 400, until="2023-01-31", start="2022-05-10", acquisition="3M", rng=0
    )
    first = set(frame.groupby("customer_id")["timestamp"].min())
    assert first == {pd.Timestamp(2022, 5, 10), *pd.date_range("2022-06-01", "2022-08-01", freq="MS")}


def test_spend_is_a_number_or_drawn_for_every_purchase():
    model = PoissonBuyers(0.5, "W")
    assert "amount" not in simulate_transactions(model, 10, T=8, rng=3)
    fixed = simulate_transactions(model, 10, T=8, spend=12.5, rng=3)
    assert set(fixed["amount"]) == {12.5}
    spenders = Spenders()
    frame = simulate_transactions(model, 10, T=8, spend=spenders, rng=3)
    assert spenders.frequency.tolist() == frame["customer_id"].value_counts(sort=False).sort_index().tolist()
    place = frame.groupby("customer_id").cumcount()
    np.testing.assert_allclose(frame["amount"], frame["customer_id"] + 1 + place / 100)
    # the money is drawn after the purchases, so a spend changes none of them
    pd.testing.assert_frame_equal(frame[["customer_id", "timestamp"]], fixed[["customer_id", "timestamp"]])


def test_a_model_of_the_library_gives_back_what_it_samples():
    model = cv.clv.BetaGeoModel.from_params(r=0.8, alpha=60.0, a=0.8, b=2.5, unit="D")
    assert isinstance(model, PurchaseSampler)
    spend = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
    frame = simulate_transactions(model, 2_000, T=365, start="2021-01-01", spend=spend, rng=11)
    truth = model.sample(2_000, 365, 11)
    assert (frame["customer_id"].value_counts().sort_index() - 1).tolist() == truth["frequency"].tolist()
    last = frame.groupby("customer_id")["timestamp"].max() - pd.Timestamp(2021, 1, 1)
    np.testing.assert_allclose(last / pd.Timedelta(days=1), truth["recency"], atol=1e-9)
    summary = cv.summarize(frame, until="2022-01-01")
    assert summary["T"].tolist() == truth["T"].tolist()
    assert summary["recency"].tolist() == np.floor(truth["recency"]).tolist()
    assert (frame["amount"] > 0).all()


def test_same_seed_same_table_in_every_library(to_lists):
    model = PoissonBuyers(0.3, "W")

    def draw(library, seed=4):
        return to_lists(simulate_transactions(model, 30, T=20, spend=Spenders(), rng=seed, library=library))

    assert draw("pandas") == draw("pandas")
    assert draw("pandas") != draw("pandas", 5)
    for library in ("polars", "pyarrow"):
        pytest.importorskip(library)
        assert draw(library) == draw("pandas")


def test_a_generator_is_drawn_on():
    model, rng = PoissonBuyers(0.3, "W"), np.random.default_rng(0)
    first, second = (simulate_transactions(model, 30, T=20, rng=rng) for _ in range(2))
    assert len(first) != len(second) or not first.equals(second)


class Broken(PoissonBuyers):
    def __init__(self, customer, time):
        super().__init__(0.1, "W")
        self.answer = np.array(customer), np.array(time, dtype=float)

    def sample_purchases(self, *_):
        return self.answer


@pytest.mark.parametrize(
    ("customer", "time"),
    [
        ([0], [0.0]),
        ([0, 1, 2], [0.0, 0.0, 0.0]),
        ([-1, 0, 1], [0.0, 0.0, 0.0]),
        ([0, 1], [0.0, 0.5]),
        ([0, 1, 1], [0.0, 0.0, 5.5]),
        ([0, 1, 1], [0.0, 0.0, np.nan]),
        ([0, 0, 1], [0.0, -1.0, 0.0]),
    ],
)
def test_a_model_that_breaks_the_protocol_is_refused(customer, time):
    with pytest.raises(CustvalError, match=r"Broken\.sample_purchases must return the customers 0 to n − 1"):
        simulate_transactions(Broken(customer, time), 2, T=5.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"T": None}, "give either T or until; got T=None, until=None"),
        ({"until": "2021-01-01"}, "give either T or until"),
        ({"T": 0}, "T must be a finite number above 0; got 0"),
        (
            {"T": None, "until": "2019-12-31"},
            "until=2019-12-31 lies before the last of the first purchases, 2020-01-01",
        ),
        (
            {"T": None, "until": "2020-03-15", "unit": "M", "start": "2020-01-31", "model": PoissonBuyers(1, "M")},
            "cuts the last",
        ),
        ({"n": 0}, "n must be a whole number of at least 1; got 0"),
        ({"unit": "D"}, "the model counts time in 'W'; got unit='D'"),
        ({"grain": "M"}, "unit is 'M' too"),
        ({"acquisition": 90}, "acquisition must be text such as"),
        ({"spend": 0}, "spend must be a finite number above 0; got 0"),
        ({"spend": "12"}, "spend must be a number, or a model with sample_spend"),
        ({"library": "dask"}, "library must be one of"),
        ({"rng": "seed"}, "rng must be a seed or a numpy Generator"),
        ({"model": object()}, "model must be a purchase model with sample_purchases"),
        ({"model": PoissonBuyers(0.1, None)}, "the model does not know its unit of time"),
    ],
)
def test_bad_arguments_raise(change, message):
    arguments = {"model": PoissonBuyers(0.1, "W"), "n": 3, "T": 5} | change
    with pytest.raises(CustvalError, match=message):
        simulate_transactions(arguments.pop("model"), arguments.pop("n"), **arguments)


def test_a_spend_of_the_wrong_length_is_refused():
    class Stingy:
        def sample_spend(self, frequency, _):
            return np.ones(1), frequency

    with pytest.raises(CustvalError, match=r"one amount for each of .* purchases; got an array of shape"):
        simulate_transactions(PoissonBuyers(0.1, "W"), 3, T=5, spend=Stingy())


def test_the_unit_can_be_named_for_a_model_without_one():
    frame = simulate_transactions(RegularOpportunities(0.5, None), 5, T=4, unit="W", rng=0)
    gaps = (frame["timestamp"] - pd.Timestamp(2020, 1, 1)).dt.days
    assert set(gaps % 7) == {0}
    assert gaps.max() <= 28
