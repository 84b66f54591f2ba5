"""The clean tables of a simulated store against the truth that made them."""

import re

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.datasets import simulate_store
from custval.datasets.behavior import ACQUISITION_CHANNELS, SEGMENTS, Clock
from custval.errors import CustvalError

START, UNTIL = pd.Timestamp(2021, 3, 1), pd.Timestamp(2023, 2, 28)
TABLES = ("transactions", "customers", "contracts", "events", "responses", "defects")


@pytest.fixture(scope="module")
def store():
    return simulate_store(6_000, start=START, until=UNTIL, rng=7)


@pytest.fixture(scope="module")
def lines(store):
    return store.truth.transactions


@pytest.fixture(scope="module")
def sales(lines):
    return lines[lines["quantity"] > 0]


@pytest.fixture(scope="module")
def orders(sales):
    return sales.groupby("order_id", sort=False).agg(
        customer_id=("customer_id", "first"), timestamp=("timestamp", "first"), amount=("amount", "sum")
    )


def busy_days(stamps):
    """The store's own clock, read the other way round."""
    clock = Clock(np.datetime64(START, "D"), (UNTIL - START).days + 1)
    seconds = (stamps - START) / pd.Timedelta(seconds=1)
    inside = np.interp(seconds, np.arange(len(clock.busy)) * 3600.0, clock.busy)
    return inside + np.maximum(seconds / 86_400 - clock.days, 0)


def every_table(store):
    truth = {name: getattr(store.truth, name) for name in ("latent", *TABLES[:-1])}
    return truth | {f"dirty {name}": getattr(store, name) for name in TABLES}


def test_same_seed_same_tables_and_another_seed_other_ones():
    first, second, other = (every_table(simulate_store(300, rng=seed)) for seed in (1, 1, 2))
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])
        assert not frame.equals(other[name])


def test_the_truth_does_not_depend_on_the_defects():
    clean, dirty = (simulate_store(300, rng=1, defect_rate=rate) for rate in (0, 0.01))
    for name in ("latent", *TABLES[:-1]):
        pd.testing.assert_frame_equal(getattr(clean.truth, name), getattr(dirty.truth, name))
    for name in TABLES[:-1]:
        pd.testing.assert_frame_equal(getattr(clean, name), getattr(clean.truth, name))
    assert len(clean.defects) == 0
    assert clean.defects.columns.tolist() == dirty.defects.columns.tolist()


def test_a_generator_is_drawn_on():
    rng = np.random.default_rng(1)
    assert not simulate_store(50, rng=rng).customers.equals(simulate_store(50, rng=rng).customers)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_libraries_hold_the_same(library, to_lists):
    pytest.importorskip(library)
    wanted = every_table(simulate_store(200, rng=3, defect_rate=0.02))
    got = every_table(simulate_store(200, rng=3, defect_rate=0.02, library=library))
    for name, frame in got.items():
        assert type(frame).__module__.split(".")[0] == library
        lists = to_lists(frame)
        assert list(lists) == list(wanted[name].columns)
        for column, values in to_lists(wanted[name]).items():
            assert [None if pd.isna(value) else value for value in values] == lists[column], (name, column)


def test_index_and_types(store):
    for name, frame in every_table(store).items():
        assert frame.index.equals(pd.RangeIndex(len(frame))), name
    kinds = {name: dtype.kind for name, dtype in store.truth.transactions.dtypes.items() if dtype.kind in "iufMb"}
    numbers = dict.fromkeys(("unit_price", "discount", "amount", "cost"), "f")
    assert kinds == {"customer_id": "i", "timestamp": "M", "quantity": "i", **numbers}
    # gaps among whole numbers make them floats in pandas, as in a file that was read
    assert store.transactions["customer_id"].dtype.kind == "f"


def test_results_know_their_main_table(store):
    assert store.to_frame() is store.transactions
    assert store.truth.to_frame() is store.truth.latent
    assert store.until == np.datetime64(UNTIL, "D")


def test_the_tables_pass_the_doors(store):
    known = cv.transactions(store.truth.transactions)
    assert len(known) == len(store.truth.transactions)
    assert len(cv.customers(store.truth.customers)) == 6_000
    summary = cv.summarize(known, until=store.until)
    bought = set(store.truth.latent.query("segment != 'prospect'")["customer_id"])
    assert set(summary["customer_id"]) == bought


def test_persons(store):
    people = store.truth.customers
    assert people["customer_id"].tolist() == list(range(1, 6_001))
    assert not people.isna().any().any()
    assert people["email"].is_unique
    assert people["email"].str.fullmatch(r"[a-z]+\.[a-z]+\d*@example\.(com|org|net)").all()
    assert people["phone"].is_unique
    assert people["phone"].str.fullmatch(r"\+[1-9]\d{9,12}").all()
    assert people["birth_date"].between(START - pd.DateOffset(years=83), START - pd.DateOffset(years=18)).all()
    assert people["acquired_at"].between(START, UNTIL).all()
    assert 0.67 < people["consent"].mean() < 0.73


def test_cities_and_phones_belong_to_the_country(store):
    people = store.truth.customers
    assert (people.groupby("city")["country"].nunique() == 1).all()
    prefix = {"US": "+1", "GB": "+44", "DE": "+49", "FR": "+33", "AU": "+61", "CN": "+86"}
    overflow = people["phone"].str.startswith("+1555")
    for country, own in people[~overflow].groupby("country"):
        assert own["phone"].str.startswith(prefix[country]).all()
    assert set(people.loc[overflow, "country"]) <= set(prefix)


def test_phones_stay_apart_when_the_blocks_are_full():
    people = simulate_store(30_000, start="2022-01-01", until="2022-01-01", defect_rate=0, rng=0).customers
    assert people["phone"].is_unique
    assert people["phone"].str.startswith("+15552").sum() > 1_000


def test_acquisition_channels(store):
    people, latent = store.truth.customers, store.truth.latent
    for channel in ACQUISITION_CHANNELS:
        own = people["acquisition_channel"] == channel.name
        assert abs(own.mean() - channel.share) < 4 * np.sqrt(channel.share * (1 - channel.share) / len(people))
        costs = people.loc[own, "acquisition_cost"]
        assert abs(costs.mean() - channel.cost) < 4 * costs.std() / np.sqrt(len(costs))
        segments = latent.loc[own.to_numpy(), "segment"].value_counts()
        expected = own.sum() * np.array(channel.segments)
        counts = np.array([segments.get(segment.name, 0) for segment in SEGMENTS])
        # chi-square with 4 degrees of freedom exceeds 23.5 once in 10,000
        assert ((counts - expected) ** 2 / expected).sum() < 23.5


def test_rates_and_lifetimes_follow_their_segment(store):
    people, latent = store.truth.customers, store.truth.latent
    for segment in SEGMENTS[:-1]:
        own = (latent["segment"] == segment.name).to_numpy()
        rate = latent.loc[own, "purchase_rate"] * 365.25
        assert abs(rate.mean() - segment.orders_per_year) < 4 * rate.std() / np.sqrt(own.sum())
        acquired = busy_days(people.loc[own, "acquired_at"])
        years = (busy_days(latent.loc[own, "dropout_at"]) - acquired) / 365.25
        # the day of acquisition is known, not its hour
        assert abs(years.mean() - segment.years) < 4 * years.std() / np.sqrt(own.sum()) + 1 / 365


def test_prospects_never_buy_and_everyone_else_does_on_the_day_of_acquisition(store, orders):
    latent, people = store.truth.latent, store.truth.customers
    prospects = latent["segment"] == "prospect"
    assert prospects.sum() > 100
    assert latent.loc[prospects, "purchase_rate"].eq(0).all()
    assert latent.loc[prospects, "dropout_at"].isna().all()
    assert not latent.loc[prospects, "alive"].any()
    first = orders.groupby("customer_id")["timestamp"].min()
    assert first.index.tolist() == latent.loc[~prospects, "customer_id"].tolist()
    assert (first.dt.normalize() == people.set_index("customer_id")["acquired_at"][first.index]).all()


def test_nobody_orders_after_dropping_out(store, orders):
    latent = store.truth.latent.set_index("customer_id")
    assert (orders["timestamp"] <= orders["customer_id"].map(latent["dropout_at"])).all()
    buyers = latent[latent["segment"] != "prospect"]
    assert (buyers["alive"] == (buyers["dropout_at"] >= UNTIL + pd.Timedelta(days=1))).all()
    assert 0.2 < buyers["alive"].mean() < 0.8


def test_orders_come_at_the_rate_of_their_customer(store, orders):
    latent = store.truth.latent.set_index("customer_id")
    first = orders.groupby("customer_id")["timestamp"].min()
    latent = latent.loc[first.index]
    end = latent["dropout_at"].clip(upper=UNTIL + pd.Timedelta(days=1))
    expected = latent["purchase_rate"] * (busy_days(end) - busy_days(first))
    repeat = orders.groupby("customer_id").size() - 1
    for _, own in latent.groupby("segment"):
        total = expected[own.index].sum()
        assert abs(repeat[own.index].sum() - total) < 4 * np.sqrt(total)
    # Poisson: the variance of each count is its mean
    dispersion = ((repeat - expected) ** 2).sum() / expected.sum()
    assert 0.9 < dispersion < 1.1


def test_the_clock_is_fair_over_years_and_busy_when_shops_are(orders):
    clock = Clock(np.datetime64("2021-03-01"), 730)
    assert clock.busy[-1] == pytest.approx(730)
    np.testing.assert_allclose(busy_days(pd.Series([START, UNTIL + pd.Timedelta(days=1)])), [0, 730], atol=1e-9)
    by_month = orders["timestamp"].dt.month.value_counts()
    assert by_month.idxmax() == 12
    assert orders["timestamp"].dt.day_name().value_counts().idxmax() == "Saturday"
    assert orders["timestamp"].dt.hour.between(8, 22).mean() > 0.9


def test_orders_amount_to_what_their_customer_spends(store, orders):
    truth = store.truth.latent.set_index("customer_id")["mean_spend"]
    excess = orders["amount"] - orders["customer_id"].map(truth)
    by_customer = excess.groupby(orders["customer_id"]).sum()
    assert abs(by_customer.sum()) < 4 * np.sqrt((by_customer**2).sum())
    generous = orders["customer_id"].map(truth) > truth.quantile(0.9)
    assert abs(excess[generous].sum()) < 4 * np.sqrt((by_customer**2).sum())


def test_the_favorite_category_is_bought_most(store, sales):
    favorite = sales["customer_id"].map(store.truth.latent.set_index("customer_id")["favorite_category"])
    share = (sales["category"] == favorite).mean()
    assert 0.5 < share < 0.75


def test_lines(lines, sales):
    assert lines["timestamp"].is_monotonic_increasing
    assert lines["timestamp"].between(START, UNTIL + pd.Timedelta(days=1), inclusive="left").all()
    assert not lines.isna().any().any()
    assert not lines.duplicated().any()
    assert not sales.duplicated(["order_id", "product_id"]).any()
    assert (sales.groupby("order_id")[["customer_id", "timestamp", "channel", "country"]].nunique() == 1).all().all()
    assert (lines.groupby("product_id")["category"].nunique() == 1).all()
    np.testing.assert_allclose(lines["amount"], lines["unit_price"] * lines["quantity"], atol=0.005)
    assert (lines["unit_price"] > 0).all()
    assert sales["quantity"].between(1, 30).all()
    assert sales["discount"].ge(0).all()
    assert (sales["amount"] > sales["cost"] * 0.9).all()
    assert sales["order_id"].astype(int).drop_duplicates().is_monotonic_increasing


def test_the_list_price_is_one_per_product(sales):
    listed = sales["unit_price"] + sales["discount"] / sales["quantity"]
    assert listed.round(2).groupby(sales["product_id"]).nunique().eq(1).all()
    assert (sales["cost"] / sales["quantity"]).round(2).groupby(sales["product_id"]).nunique().eq(1).all()


def test_the_country_is_the_customers_own(store, lines):
    country = store.truth.customers.set_index("customer_id")["country"]
    assert (lines["customer_id"].map(country) == lines["country"]).all()


def test_every_return_takes_back_an_earlier_sale(lines, sales):
    returns = lines[lines["quantity"] < 0]
    assert returns["order_id"].str.fullmatch(r"C\d{7}").all()
    same = ["customer_id", "product_id", "unit_price", "channel", "country", "category"]
    both = returns.assign(order_id=returns["order_id"].str[1:]).merge(
        sales, on=["order_id", *same], how="left", suffixes=("", "_sold"), indicator=True
    )
    assert len(both) == len(returns)
    assert (both["_merge"] == "both").all()
    delay = both["timestamp"] - both["timestamp_sold"]
    assert delay.between(pd.Timedelta(days=1), pd.Timedelta(days=30)).all()
    assert (-both["quantity"]).between(1, both["quantity_sold"]).all()
    part = -both["quantity"] / both["quantity_sold"]
    for money in ("cost", "discount"):
        np.testing.assert_allclose(-both[money], part * both[f"{money}_sold"], atol=0.005)
    # 3 % are taken back; of the last month's some later than the data
    early = sales["timestamp"] < UNTIL - pd.Timedelta(days=30)
    returned = both["timestamp_sold"] < UNTIL - pd.Timedelta(days=30)
    assert abs(returned.sum() - 0.03 * early.sum()) < 4 * np.sqrt(0.03 * early.sum())


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_stores(seed):
    store = simulate_store(1 + seed % 3, start="2022-01-01", until="2022-01-01", defect_rate=0.0, rng=seed)
    buyers = store.truth.latent.query("segment != 'prospect'")["customer_id"]
    assert sorted(set(store.transactions["customer_id"])) == buyers.tolist()


def test_a_store_of_prospects_has_no_lines():
    seed = next(
        seed for seed in range(200) if simulate_store(1, rng=seed).truth.latent["segment"].tolist() == ["prospect"]
    )
    store = simulate_store(1, rng=seed, defect_rate=0.5 / 16)
    assert len(store.transactions) == 0
    assert store.transactions.columns.tolist() == simulate_store(50, rng=0).transactions.columns.tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_customers": 0}, "n_customers must be a whole number of at least 1; got 0"),
        ({"until": "2021-12-31"}, "until=2021-12-31 lies before start=2022-01-01"),
        ({"start": "soon"}, "start must be an ISO date"),
        ({"library": "duckdb"}, "library must be one of"),
        ({"defect_rate": -0.1}, "defect_rate must be a finite number of at least 0 up to 1; got -0.1"),
        ({"defect_rate": {"zero_price": 2}}, re.escape("defect_rate['zero_price'] must be a finite number")),
        ({"defect_rate": {"zero_prise": 0.1}}, "did you mean 'zero_price'"),
        ({"defect_rate": 0.2}, "defect_rate asks for .* defects on different rows"),
    ],
)
def test_bad_arguments_raise(change, message):
    arguments = {"n_customers": 20, "rng": 0} | change
    with pytest.raises(CustvalError, match=message):
        simulate_store(arguments.pop("n_customers"), **arguments)
