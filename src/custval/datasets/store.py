"""A whole simulated store: its tables with planted defects, the list of the defects, and the truth behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import moment, random_generator, whole
from custval._frame import Table, enter, labels, new_frame, nw
from custval._result import Result
from custval.datasets.behavior import ACQUISITION_CHANNELS, SEGMENTS, Clock, Traits, draw_orders, draw_traits
from custval.datasets.defects import Ledger, defect_rates
from custval.datasets.journeys import draw_events
from custval.datasets.line_defects import plant_in_lines
from custval.datasets.memberships import draw_contracts
from custval.datasets.orders import (
    CATEGORIES,
    CHANNELS,
    FIRST_ORDER,
    Catalog,
    Lines,
    draw_catalog,
    draw_lines,
    mean_spend,
)
from custval.datasets.people import COUNTRIES, draw_people
from custval.datasets.person_defects import Records, plant_in_records
from custval.datasets.store_tables import FRAMES, customer_ids
from custval.datasets.surveys import draw_responses
from custval.datasets.table_defects import plant_in_contracts, plant_in_events, plant_in_responses
from custval.errors import CustvalError
from custval.typing import Instant, IntArray, RngLike

__all__ = ["Store", "StoreTruth", "simulate_store"]

_PLANT = {"contracts": plant_in_contracts, "events": plant_in_events, "responses": plant_in_responses}


@dataclass(frozen=True, slots=True)
class StoreTruth(Result):
    """What is true of a simulated store.

    Attributes
    ----------
    latent : frame
        One row per person, in order of `customer_id`: `segment` ("loyal", "regular", "occasional", "one_time",
        "prospect"), `purchase_rate` (orders per day after the first, averaged over the seasons, while a customer; 0 for
        a prospect), `dropout_at` (the end as a customer, perhaps after the end of the data; null for a prospect),
        `alive` (still a customer at the end of the data), `mean_spend` (expected amount of an order before returns),
        `favorite_category`.
    transactions, customers, contracts, events, responses : frame
        The tables before any defect was planted.
    """

    latent: Any
    transactions: Any
    customers: Any
    contracts: Any
    events: Any
    responses: Any

    def to_frame(self) -> Any:
        """The latent truth, one row per person."""
        return self.latent


@dataclass(frozen=True, slots=True)
class Store(Result):
    """A simulated store.

    Attributes
    ----------
    transactions : frame
        One row per order line, by time: `customer_id, timestamp, order_id, product_id, category, quantity, unit_price,
        discount, amount, cost, channel, country`. `amount` = `unit_price` × `quantity`; `discount` is what the line
        costs less than at list price; `cost` is that of the goods of the line. Goods taken back have a negative
        quantity and "C" before the number of the order in which they were sold.
    customers : frame
        One row per record, by `customer_id`: `given_name, family_name, email, phone, city, country, birth_date,
        acquired_at, acquisition_channel, acquisition_cost, consent`.
    contracts : frame
        One row per membership, by start: `customer_id, started_at, ended_at, plan, price`. Customers join some weeks
        after their first order, the loyal ones more often; `ended_at` is null while a membership runs at the end of
        the data, and at the latest some weeks after someone stopped being a customer.
    events : frame
        One row per event on the site, by time: `customer_id, timestamp, event` ("visit", "view", "cart", "purchase"),
        `channel` (what led to the session), `session_id, sequence, value`. A purchase has the time of its order, and
        its amount as `value`; the rest have 0.
    responses : frame
        One row per answer to "would you recommend us?", by time: `customer_id, timestamp, score` (0 to 10), `comment`
        (English or Chinese, or null). Scores depend on the segment, and are lower in the last 60 days as a customer.
    defects : frame
        One row per planted defect: `table`, `row` (from 0), `kind`, `column` and `original` (the column that was
        changed and its value before, as text; null for added rows), `copy_of` (the row of the same table that an added
        row repeats; −1 for none).
    truth : StoreTruth
        What is true of each customer, and the tables without defects.
    until : numpy.datetime64
        The last day of the data, for `summarize(until=…)`: wrong dates may come after it.
    """

    transactions: Any
    customers: Any
    contracts: Any
    events: Any
    responses: Any
    defects: Any
    truth: StoreTruth
    until: np.datetime64

    def to_frame(self) -> Any:
        """The transactions."""
        return self.transactions


def simulate_store(
    n_customers: int,
    *,
    start: Instant = "2022-01-01",
    until: Instant = "2023-12-31",
    defect_rate: float | Mapping[str, float] = 0.002,
    library: str = "pandas",
    rng: RngLike = None,
) -> Store:
    """Simulate a store whose data are dirty in known ways and whose customers are known to the core.

    Customers come through five channels and belong to five segments. Each has a purchase rate (gamma distributed), a
    lifetime (exponential), a basket size and a favorite category of their own; orders follow the hours, weekdays and
    seasons, and some goods come back within a month. Names are made up, mail addresses end in example.com, .org or
    .net, and phone numbers come from blocks set aside for fiction or never given out.

    Parameters
    ----------
    n_customers : int
        Number of persons.
    start, until : date, default "2022-01-01" and "2023-12-31"
        First and last day of the data.
    defect_rate : float or mapping of str to float, default 0.002
        How many defects are planted, as a share of the table's rows before; one rate for every kind, or a mapping of
        some kinds (the others are left out). No row takes two defects. In transactions:

        - changed lines: ``missing_customer``, ``negative_price``, ``zero_price``, ``future_date`` (after `until`),
          ``absurd_date`` (1900 or 1970), ``outlier_quantity`` (thousands);
        - added lines: ``exact_duplicate``, ``near_duplicate`` (the same within a minute), ``test_account`` (orders of
          the staff), ``unmatched_refund`` (of goods that the data do not show sold).

        In customers:

        - changed records: ``malformed_email``, ``malformed_phone``, ``missing_value`` (mail, phone, city or birth
          date), ``absurd_birth_date`` (1893);
        - added records: ``duplicate_person`` (registered again, with slips), ``test_account``.

        In contracts, events and responses (fewer where not enough rows can take one):

        - changed rows: ``missing_customer``, ``future_date``, ``absurd_date`` in all of them; ``negative_price`` and
          ``ends_before_start`` in contracts; ``unknown_event`` and ``broken_sequence`` in events; ``score_off_scale``
          in responses;
        - added rows: ``exact_duplicate`` in all of them, ``near_duplicate`` in events and responses.
    library : {"pandas", "polars", "pyarrow"}
    rng : seed or numpy Generator, optional
        The same seed gives the same truth at any rate of defects.

    Returns
    -------
    Store
        `transactions`, `customers`, `contracts`, `events`, `responses`, `defects`, `truth`, `until`.

    Raises
    ------
    CustvalError
        If `until` lies before `start`, a kind is unknown, or the rates ask for more rows than there are.

    Examples
    --------
    >>> from custval.datasets import simulate_store
    >>> store = simulate_store(500, defect_rate={"duplicate_person": 0.02, "malformed_email": 0.01}, rng=1)
    >>> store.defects["kind"].value_counts().to_dict()
    {'duplicate_person': 10, 'malformed_email': 5}
    >>> len(store.truth.customers), len(store.customers)
    (500, 510)
    """
    n = whole(n_customers, "n_customers", at_least=1)
    clock = _clock(start, until)
    rates = defect_rates(defect_rate)
    parent = random_generator(rng)
    for_people, for_orders, for_defects = parent.spawn(3)
    for_others, for_their_defects = parent.spawn(2)
    blank = enter(new_frame({}, library))

    traits = draw_traits(n, clock, for_people)
    catalog = draw_catalog(for_orders)
    records = _records(traits, clock, for_people)
    customers = {"country": records["country"], "favorite": for_people.integers(0, len(CATEGORIES), n)}
    orders = draw_orders(traits, clock, for_orders)
    lines = draw_lines(catalog, traits, customers, orders, end=clock.days * 86_400, rng=for_orders)

    testers = round(rates["test_account"] * n) or int(round(rates["test_account"] * len(lines["order"])) > 0)
    dirty_records, defects = plant_in_records(records, rates, (clock.start, _last_day(clock)), testers, for_defects)
    n_records = len(dirty_records["email"])
    dirty_lines, line_defects = plant_in_lines(
        lines, catalog, np.arange(n_records - testers, n_records), clock, rates=rates, rng=for_defects
    )
    others: dict[str, dict[str, NDArray[Any]]] = {
        "contracts": draw_contracts(traits, clock, for_others),
        "events": draw_events(traits, clock, orders, _order_amounts(lines, len(orders[0])), for_others),
        "responses": draw_responses(traits, clock, records["country"] == len(COUNTRIES) - 1, orders, for_others),
    }
    planted = {name: _PLANT[name](rows, rates, clock, for_their_defects) for name, rows in others.items()}
    truth = StoreTruth(
        latent=_latent(blank, traits, mean_spend(catalog, traits, customers["favorite"]), customers["favorite"], clock),
        transactions=_transactions(blank, lines, catalog, clock, n),
        customers=_customers(blank, records),
        **{name: _frame(blank, FRAMES[name](blank, rows, clock, n)) for name, rows in others.items()},
    )
    return Store(
        transactions=_transactions(blank, dirty_lines, catalog, clock, n_records),
        customers=_customers(blank, dirty_records),
        **{name: _frame(blank, FRAMES[name](blank, rows, clock, n)) for name, (rows, _) in planted.items()},
        defects=_defects(blank, line_defects, defects, *(ledger for _, ledger in planted.values())),
        truth=truth,
        until=_last_day(clock),
    )


def _clock(start: Instant, until: Instant) -> Clock:
    first, last = moment(start, "start").stamp.astype("M8[D]"), moment(until, "until").stamp.astype("M8[D]")
    if last < first:
        raise CustvalError(f"until={last} lies before start={first}", suggestion="exchange them")
    return Clock(first, int((last - first).astype(np.int64)) + 1)


def _last_day(clock: Clock) -> np.datetime64:
    return clock.start + np.timedelta64(clock.days - 1, "D")


def _records(traits: Traits, clock: Clock, rng: np.random.Generator) -> Records:
    """One clean record per person."""
    n = len(traits.segment)
    means = np.array([channel.cost for channel in ACQUISITION_CHANNELS])
    return draw_people(n, clock.start, rng) | {
        "acquired_at": clock.stamps(clock.seconds(traits.acquired)).astype("M8[D]"),
        "channel": traits.channel,
        "cost": np.rint(rng.gamma(4.0, means[traits.channel] * 25)).astype(np.int64),
        "consent": rng.random(n) < 0.7,
    }


def _latent(blank: Table, traits: Traits, spend: NDArray[Any], favorite: IntArray, clock: Clock) -> Any:
    dropout = clock.stamps(clock.seconds(traits.dropout)).astype("M8[us]")
    dropout[~traits.buys] = np.datetime64("NaT", "us")
    return _frame(
        blank,
        {
            "customer_id": np.arange(1, len(spend) + 1),
            "segment": labels(blank, "segment", traits.segment, [segment.name for segment in SEGMENTS]),
            "purchase_rate": traits.rate,
            "dropout_at": dropout,
            "alive": traits.buys & (traits.dropout >= clock.days),
            "mean_spend": spend,
            "favorite_category": labels(blank, "favorite_category", favorite, CATEGORIES),
        },
    )


def _transactions(blank: Table, lines: Lines, catalog: Catalog, clock: Clock, n_customers: int) -> Any:
    return _frame(
        blank,
        {
            "customer_id": customer_ids(blank, lines["customer"], n_customers),
            "timestamp": clock.stamps(lines["second"]).astype("M8[us]"),
            "order_id": _order_ids(blank, lines["order"]),
            "product_id": labels(blank, "product_id", lines["product"], catalog.product_ids),
            "category": labels(blank, "category", catalog.category[lines["product"]], CATEGORIES),
            "quantity": lines["quantity"].astype(np.int64),
            "unit_price": lines["price"] / 100,
            "discount": lines["discount"] / 100,
            "amount": lines["price"].astype(np.int64) * lines["quantity"] / 100,
            "cost": lines["cost"] / 100,
            "channel": labels(blank, "channel", lines["channel"], CHANNELS),
            "country": labels(blank, "country", lines["country"], [country.code for country in COUNTRIES]),
        },
    )


def _order_amounts(lines: Lines, n_orders: int) -> IntArray:
    """What each order costs in cents, before returns."""
    sold = lines["order"] > 0
    cents = lines["price"][sold].astype(np.int64) * lines["quantity"][sold]
    return np.rint(np.bincount(lines["order"][sold] - FIRST_ORDER, cents, n_orders)).astype(np.int64)


def _order_ids(blank: Table, order: NDArray[Any]) -> Any:
    """Order numbers as text; those of returns begin with C."""
    if not order.size:
        return labels(blank, "order_id", order, [])
    sold = range(int(np.abs(order).min()), int(order.max()) + 1)
    returned = np.unique(-order[order < 0])
    names = [*map(str, sold), *map("C{}".format, returned.tolist())]
    return labels(
        blank, "order_id", np.where(order > 0, order - sold.start, len(sold) + np.searchsorted(returned, -order)), names
    )


def _customers(blank: Table, records: Records) -> Any:
    text = {
        name: blank.series(name, records[name].tolist(), nw.String)
        for name in ("given_name", "family_name", "email", "phone", "city")
    }
    return _frame(
        blank,
        {
            "customer_id": np.arange(1, len(records["email"]) + 1),
            **text,
            "country": labels(blank, "country", records["country"], [country.code for country in COUNTRIES]),
            "birth_date": records["birth_date"].astype("M8[us]"),
            "acquired_at": records["acquired_at"].astype("M8[us]"),
            "acquisition_channel": labels(
                blank, "acquisition_channel", records["channel"], [channel.name for channel in ACQUISITION_CHANNELS]
            ),
            "acquisition_cost": records["cost"] / 100,
            "consent": records["consent"],
        },
    )


def _defects(blank: Table, *ledgers: Ledger) -> Any:
    parts = [ledger.columns() for ledger in ledgers]
    text = ("table", "kind", "column", "original")
    columns = {
        name: blank.series(name, [value for part in parts for value in part[name]], nw.String)
        if name in text
        else np.concatenate([part[name] for part in parts])
        for name in parts[0]
    }
    return _frame(blank, columns)


def _frame(blank: Table, columns: Mapping[str, Any]) -> Any:
    return new_frame(columns, blank.frame.implementation.value)
