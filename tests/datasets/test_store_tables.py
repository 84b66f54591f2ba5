"""Contracts, events and responses of a simulated store against the truth of its customers and their orders."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.datasets import simulate_store

UNTIL = pd.Timestamp(2023, 12, 31)
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def store():
    return simulate_store(6_000, rng=7)


@pytest.fixture(scope="module")
def truth(store):
    return store.truth


@pytest.fixture(scope="module")
def orders(truth):
    sales = truth.transactions[truth.transactions["quantity"] > 0]
    return sales.groupby("order_id", sort=False).agg(
        customer_id=("customer_id", "first"), timestamp=("timestamp", "first"), amount=("amount", "sum")
    )


def with_latent(truth, table):
    return getattr(truth, table).merge(truth.latent, on="customer_id")


def test_memberships_lie_within_the_time_as_a_customer(truth):
    members = with_latent(truth, "contracts").merge(truth.customers[["customer_id", "acquired_at"]], on="customer_id")
    assert members["customer_id"].is_unique
    assert (members["started_at"] >= members["acquired_at"]).all()
    assert members["started_at"].is_monotonic_increasing
    assert (members["started_at"] <= members["dropout_at"]).all()
    ended = members[members["ended_at"].notna()]
    assert (((ended["ended_at"] - ended["started_at"]) / DAY) % 30 == 0).all()
    assert (ended["ended_at"] > ended["started_at"]).all()
    assert (ended["ended_at"] <= UNTIL).all()
    # what was paid for is used, so at most one period more
    assert (ended["ended_at"] <= ended["dropout_at"] + 31 * DAY).all()
    running = members[members["ended_at"].isna()]
    assert (running["dropout_at"] > UNTIL - 31 * DAY).all()
    assert set(members["segment"]) <= {"loyal", "regular", "occasional", "one_time"}
    shares = members["segment"].value_counts() / truth.latent["segment"].value_counts()
    assert shares["loyal"] > shares["regular"] > shares["occasional"] > shares["one_time"]


def test_prices_follow_the_plan(truth):
    prices = {"basic": 4.99, "plus": 9.99, "premium": 19.99}
    assert truth.contracts["price"].tolist() == truth.contracts["plan"].map(prices).tolist()
    assert set(truth.contracts["plan"]) == set(prices)


def test_purchases_are_orders(truth, orders):
    events = truth.events
    bought = events[events["event"] == "purchase"]
    same = bought.merge(orders, on=["customer_id", "timestamp"], how="left")
    assert len(same) == len(bought)
    np.testing.assert_allclose(same["value"], same["amount"], atol=0.005)
    share = len(bought) / len(orders)
    assert abs(share - 0.8) < 4 * np.sqrt(0.16 / len(orders)) + 0.001
    assert (events.loc[events["event"] != "purchase", "value"] == 0).all()


def test_sessions(truth):
    events = truth.events
    assert events["timestamp"].is_monotonic_increasing
    sessions = events.groupby("session_id")
    assert (sessions[["customer_id", "channel"]].nunique() == 1).all().all()
    assert (sessions["sequence"].diff().dropna() == 1).all()
    assert (sessions["sequence"].first() == 1).all()
    assert (sessions["event"].first() == "visit").all()
    assert sessions["timestamp"].diff().dropna().between(pd.Timedelta(seconds=10), pd.Timedelta(seconds=120)).all()
    last = sessions["event"].last()
    assert set(last) == {"view", "cart", "purchase"}
    assert (events["event"].eq("purchase").groupby(events["session_id"]).sum() <= 1).all()
    assert sorted(events["session_id"].unique()) == list(range(1, events["session_id"].nunique() + 1))
    assert sessions["timestamp"].first().is_monotonic_increasing


def test_people_who_never_buy_look_all_the_same(truth):
    events = with_latent(truth, "events")
    prospects = events[events["segment"] == "prospect"]
    assert 0 < prospects["customer_id"].nunique() < (truth.latent["segment"] == "prospect").sum()
    assert not (prospects["event"] == "purchase").any()


def test_answers_come_in_the_week_after_an_order(truth, orders):
    answers = truth.responses
    assert answers["score"].between(0, 10).all()
    assert answers["timestamp"].is_monotonic_increasing
    assert (answers["timestamp"] < UNTIL + DAY).all()
    previous = pd.merge_asof(
        answers, orders.assign(ordered=orders["timestamp"]).sort_values("timestamp"), on="timestamp", by="customer_id"
    )
    assert ((answers["timestamp"] - previous["ordered"]) <= 7 * DAY).all()
    assert 0.1 < len(answers) / len(orders) < 0.13
    assert abs(answers["comment"].notna().mean() - 0.55) < 4 * np.sqrt(0.25 / len(answers))


def test_scores_depend_on_the_segment_and_fall_before_the_end(truth):
    answers = with_latent(truth, "responses")
    leaving = answers["timestamp"] > answers["dropout_at"] - 50 * DAY
    staying = answers["timestamp"] < answers["dropout_at"] - 80 * DAY
    means = answers[staying].groupby("segment")["score"].mean()
    assert means["loyal"] > means["regular"] > means["occasional"]
    for segment in ("regular", "occasional"):
        own = answers["segment"] == segment
        assert answers.loc[own & leaving, "score"].mean() < answers.loc[own & staying, "score"].mean() - 1.5


def test_comments_speak_the_language_of_the_country(truth):
    answers = truth.responses.merge(truth.customers[["customer_id", "country"]], on="customer_id")
    said = answers[answers["comment"].notna()]
    assert (said["comment"].map(str.isascii) == (said["country"] != "CN")).all()


def test_the_tables_pass_the_doors(truth, store):
    assert len(cv.contracts(truth.contracts)) == len(truth.contracts)
    assert len(cv.events(truth.events)) == len(truth.events)
    assert len(cv.responses(truth.responses, scale=(0, 10))) == len(truth.responses)
    summary = cv.summarize_contracts(cv.contracts(truth.contracts), unit="M", until=store.until)
    assert len(summary) == len(truth.contracts)
    assert summary["observed"].sum() == truth.contracts["ended_at"].notna().sum()


def test_stores_without_a_member_or_an_answer():
    store = simulate_store(1, start="2022-01-01", until="2022-01-01", rng=0)
    for name in ("contracts", "responses"):
        assert len(getattr(store, name)) == 0
        assert getattr(store, name).columns.tolist() == getattr(simulate_store(50, rng=0), name).columns.tolist()
