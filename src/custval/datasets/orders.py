"""What the orders of a simulated store hold: a catalog, the lines of each order, and returned goods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Traits
from custval.typing import FloatArray, IntArray

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "FIRST_ORDER",
    "RETIRED",
    "Catalog",
    "Lines",
    "draw_catalog",
    "draw_lines",
    "insert",
    "mean_spend",
]

CATEGORIES = ("books", "garden", "home", "kitchen", "music", "outdoor", "stationery", "toys")
CHANNELS = ("web", "app", "shop")
PER_CATEGORY = 15
RETIRED = 5
"""Products at the end of the catalog that were sold before the data begin."""

FIRST_ORDER = 1_000_001
"""Number of the first order in the data; smaller ones were before."""

_CHANNEL_SHARES = (0.5, 0.3, 0.2)
_REDUCTIONS = np.array([0.0, 0.1, 0.25])
_REDUCTION_SHARES = np.array([0.75, 0.17, 0.08])
_FURTHER_UNITS = 0.4
_FAVORITE_SHARE = 0.5
_RETURN_SHARE = 0.03
_RETURN_DAYS = 30

Lines = dict[str, NDArray[Any]]
"""Order lines as arrays: customer (−1: not known), second, order (its number; negative: taken back), product,
quantity; price, discount and cost in cents; channel, country."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Products, category after category, then the retired ones; money in cents.

    Attributes
    ----------
    category : array of int, shape (products,)
        Place in `CATEGORIES`.
    prices : array of int, shape (products, reductions)
        Unit price at each reduction, the list price first.
    costs : array of int, shape (products,)
    popularity : array of float, shape (products on sale,)
        Share of the lines, within half of them that follow no favorite category.
    """

    category: IntArray
    prices: IntArray
    costs: IntArray
    popularity: FloatArray

    @property
    def product_ids(self) -> list[str]:
        """Names such as "P001"."""
        return [f"P{number:03d}" for number in range(1, len(self.category) + 1)]


def draw_catalog(rng: np.random.Generator) -> Catalog:
    """Draw prices, costs and popularity of the products."""
    on_sale = len(CATEGORIES) * PER_CATEGORY
    category = np.append(np.repeat(np.arange(len(CATEGORIES)), PER_CATEGORY), rng.integers(0, len(CATEGORIES), RETIRED))
    listed = np.rint(np.exp(rng.normal(2.6, 0.7, len(category)))) * 100 + 95
    prices = np.rint(listed[:, None] * (1 - _REDUCTIONS)).astype(np.int64)
    costs = np.rint(listed * rng.uniform(0.35, 0.65, len(category))).astype(np.int64)
    popularity = 1.0 / (1.0 + rng.permutation(on_sale)) ** 0.7
    return Catalog(category, prices, costs, popularity / popularity.sum())


def mean_spend(catalog: Catalog, traits: Traits, favorite: IntArray) -> FloatArray:
    """The expected amount of an order of each customer, before returns."""
    price = catalog.prices[: len(catalog.popularity)] @ _REDUCTION_SHARES * catalog.popularity
    by_category = price.reshape(-1, PER_CATEGORY).sum(axis=1)
    shares = catalog.popularity.reshape(-1, PER_CATEGORY).sum(axis=1)
    line = _FAVORITE_SHARE * by_category / shares + (1 - _FAVORITE_SHARE) * price.sum()
    expected: FloatArray = (1 + traits.further_lines) * (1 + _FURTHER_UNITS) * line[favorite] / 100
    return expected


def draw_lines(
    catalog: Catalog,
    traits: Traits,
    customers: Mapping[str, IntArray],
    orders: tuple[IntArray, IntArray],
    *,
    end: int,
    rng: np.random.Generator,
) -> Lines:
    """Draw the lines of all orders and the returns up to the second `end`, in order of time.

    Of each customer the `favorite` category and the `country` are needed.
    """
    customer, second = orders
    reduction = rng.choice(len(_REDUCTIONS), len(customer), p=_REDUCTION_SHARES)
    channel = rng.choice(len(CHANNELS), len(customer), p=_CHANNEL_SHARES)
    order, product, quantity = _baskets(catalog, traits, customers["favorite"], customer, rng)
    price = catalog.prices[product, reduction[order]]
    lines = {
        "customer": customer[order].astype(np.int32),
        "second": second[order],
        "order": (FIRST_ORDER + order).astype(np.int32),
        "product": product.astype(np.int16),
        "quantity": quantity.astype(np.int32),
        "price": price.astype(np.int32),
        "discount": ((catalog.prices[product, 0] - price) * quantity).astype(np.int32),
        "cost": (catalog.costs[product] * quantity).astype(np.int32),
        "channel": channel[order].astype(np.int8),
        "country": customers["country"][customer[order]].astype(np.int8),
    }
    returns = _returns(lines, end, rng)
    return insert(lines, returns, np.searchsorted(lines["second"], returns["second"], side="right"))[0]


def _baskets(
    catalog: Catalog, traits: Traits, favorite: IntArray, customer: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray]:
    """Order, product and quantity of every line; a product stands once in an order."""
    order = np.repeat(np.arange(len(customer)), 1 + rng.poisson(traits.further_lines[customer]))
    units = 1 + rng.poisson(_FURTHER_UNITS, len(order))
    cumulative = np.concatenate([[0.0], np.cumsum(catalog.popularity)])
    edges = cumulative[::PER_CATEGORY]
    liked = favorite[customer[order]]
    follows = rng.random(len(order)) < _FAVORITE_SHARE
    low, high = np.where(follows, edges[liked], 0.0), np.where(follows, edges[liked + 1], cumulative[-1])
    product = np.searchsorted(cumulative[1:-1], low + rng.random(len(order)) * (high - low), side="right")
    place = order * len(catalog.popularity) + product
    sorting = np.argsort(place, kind="stable")
    place = place[sorting]
    begins = np.flatnonzero(np.diff(place, prepend=-1))
    order, product = np.divmod(place[begins], len(catalog.popularity))
    return order, product, np.add.reduceat(units[sorting], begins)


def _returns(lines: Lines, end: int, rng: np.random.Generator) -> Lines:
    """Lines taken back, in whole or in part, within days; in order of time."""
    sold = np.flatnonzero(rng.random(len(lines["order"])) < _RETURN_SHARE)
    second = lines["second"][sold] + rng.integers(86_400, _RETURN_DAYS * 86_400, len(sold))
    back = 1 + np.floor(rng.random(len(sold)) * lines["quantity"][sold]).astype(np.int32)
    seen = np.flatnonzero(second < end)
    seen = seen[np.argsort(second[seen], kind="stable")]
    sold, second, back = sold[seen], second[seen], back[seen]
    returns = {name: column[sold] for name, column in lines.items()}
    for name in ("discount", "cost"):
        returns[name] = -(returns[name] // lines["quantity"][sold] * back)
    return returns | {"second": second, "order": -returns["order"], "quantity": -back}


def insert(lines: Lines, added: Lines, places: IntArray) -> tuple[Lines, IntArray]:
    """Put lines before the old ones of these places (in order); and where every old and then every new line stands."""
    old, new = len(lines["second"]), len(places)
    source = np.insert(np.arange(old), places, np.arange(old, old + new))
    merged = {name: np.concatenate([column, added[name]])[source] for name, column in lines.items()}
    stands = np.empty(old + new, dtype=np.int64)
    stands[source] = np.arange(old + new)
    return merged, stands
