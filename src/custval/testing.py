"""The laws that a model must keep, for the models of this library and for those that others add."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from custval._check import random_generator
from custval._frame import enter, numbers, to_mapping
from custval._model import load
from custval.errors import CustvalError, FitError, NotFittedError
from custval.typing import CustomerBaseModel, FloatArray, RngLike

__all__ = ["check_model", "purchase_model_laws"]

Columns = dict[str, Any]


def check_model(model: CustomerBaseModel, *, like: Any, n: int = 1_500, T: float = 52.0, rng: RngLike = 0) -> None:
    """Check a model of purchases against every law of `purchase_model_laws`.

    Parameters
    ----------
    model : estimator
        Unfitted; it is cloned, never fitted itself.
    like : the same class with parameters
        A model from `from_params` with a unit, from which the data are drawn.
    n, T : int, float
        Number of customers, and the longest time for which one is observed, in the unit of `like`.
    rng : seed or numpy Generator

    Raises
    ------
    AssertionError
        Naming the law that does not hold, and the numbers.

    Examples
    --------
    >>> import custval as cv
    >>> from custval.testing import check_model
    >>> truth = cv.clv.BetaGeoModel.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")
    >>> check_model(cv.clv.BetaGeoModel(), like=truth, n=500)
    """
    generator = random_generator(rng)
    # whole units of time, as data have them: then customers share values
    times = np.ceil(generator.uniform(0.3, 1.0, n) * T)
    drawn = to_mapping(enter(like.sample(n, times, generator)))
    names = ("customer_id", "frequency", "recency", "T", *getattr(model, "_sums", ()))
    X: Columns = {name: np.array(drawn[name]) for name in names}
    X["recency"] = np.minimum(np.ceil(X["recency"]), X["T"])
    X["unit"] = [like.unit_] * n
    for law in purchase_model_laws():
        law(model, like, X)


def purchase_model_laws() -> Iterator[Callable[[Any, Any, Columns], None]]:
    """Every law, one by one, to check or to report them apart.

    Yields
    ------
    callable
        Takes an unfitted model, a model with parameters, and a summary as a mapping of columns; raises an
        `AssertionError` if the law does not hold.

    Examples
    --------
    >>> from custval.testing import purchase_model_laws
    >>> [law.__name__ for law in purchase_model_laws()][0]
    'law_unfitted_models_say_so'
    """
    yield law_unfitted_models_say_so
    yield law_fit_leaves_the_input_and_the_parameters_alone
    yield law_a_fit_predicts_about_what_the_truth_does
    yield law_order_of_rows_does_not_matter
    yield law_weights_count_customers
    yield law_the_unit_scales_rates_and_nothing_else
    yield law_predictions_keep_their_ranges
    yield law_predictions_change_nothing
    yield law_data_round_trip
    yield law_new_customers_buy_as_often_as_drawn_ones
    yield law_drawing_is_seeded
    yield law_bad_input_is_refused
    yield law_nobody_and_one_time_buyers
    yield law_counts_are_a_distribution_with_the_expectation
    yield law_the_next_purchase_comes_when_its_probability_says
    yield law_draws_of_the_future_scatter_as_the_counts
    yield law_discounting_lies_between_nothing_and_everything
    yield law_one_customer_is_scored_as_in_a_frame
    yield law_intervals_hold_what_they_are_of
    yield law_a_prior_finds_a_mode


def _ensure(holds: Any, law: str, detail: Any = "") -> None:
    if not np.all(holds):
        raise AssertionError(f"the law does not hold: {law}. {detail}")


def _ensure_close(left: Any, right: Any, law: str, rtol: float = 1e-6) -> None:
    left, right = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    gap = np.abs(left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-300)
    _ensure(gap <= rtol, law, f"largest relative difference {np.max(gap, initial=0.0):.3g}")


def _ensure_raises(call: Callable[[], Any], error: type[Exception], law: str) -> None:
    try:
        call()
    except error:
        return
    except Exception as other:
        raise AssertionError(f"the law does not hold: {law}. It raised {type(other).__name__}: {other}") from other
    raise AssertionError(f"the law does not hold: {law}. Nothing was raised")


def _predictions(model: Any, X: Columns, scale: float = 1.0) -> dict[str, FloatArray]:
    """Every prediction as an array; horizons in the model's unit, times `scale`."""
    answers = {
        "expected_purchases": model.expected_purchases(X, 13.0 * scale),
        "probability_alive": model.probability_alive(X),
        "probability_active": model.probability_active(X, 13.0 * scale),
    }
    found = {name: numbers(enter(answer), name) for name, answer in answers.items()}
    later = model.probability_alive(X, after=13.0 * scale)
    return {**found, "probability_alive_later": numbers(enter(later), "probability_alive")}


def law_unfitted_models_say_so(model: Any, like: Any, X: Columns) -> None:
    """A prediction before `fit` raises scikit-learn's `NotFittedError`."""
    fresh = clone(model)
    calls: tuple[Callable[[], Any], ...] = (
        fresh.to_dict,
        fresh.parameter_table,
        partial(fresh.expected_purchases, X, "3M"),
        partial(fresh.probability_alive, X, after="3M"),
        partial(fresh.probability_active, X, 1.0),
        partial(fresh.expected_purchases_new, 1.0),
        partial(fresh.sample, 1, 1.0),
    )
    for call in calls:
        _ensure_raises(call, NotFittedError, "an unfitted model raises NotFittedError")


def law_fit_leaves_the_input_and_the_parameters_alone(model: Any, like: Any, X: Columns) -> None:
    """`fit` returns self, changes neither its input nor its constructor parameters, and leaves what it promises."""
    fresh, before = clone(model), copy.deepcopy(X)
    parameters = copy.deepcopy(fresh.get_params())
    _ensure(fresh.fit(X) is fresh, "fit returns self")
    _ensure(fresh.get_params() == parameters, "fit leaves the constructor parameters alone")
    for name, values in before.items():
        _ensure(np.asarray(X[name]) == np.asarray(values), f"fit leaves the input alone: {name}")
    for name in ("params_", "covariance_", "log_likelihood_", "aic_", "bic_", "n_customers_", "unit_"):
        _ensure(hasattr(fresh, name), f"fit leaves {name}")
    _ensure(fresh.fit_status_ in {"converged", "boundary"}, "fit_status_ is converged or boundary")
    _ensure([value > 0 for value in fresh.params_.values()], "parameters are positive", fresh.params_)
    _ensure(fresh.n_customers_ == len(X["T"]), "n_customers_ counts the rows")


def law_a_fit_predicts_about_what_the_truth_does(model: Any, like: Any, X: Columns) -> None:
    """A fit on drawn data predicts a total within half of what the parameters behind the data do."""
    fitted = clone(model).fit(X)
    theirs = _predictions(like, X)["expected_purchases"].sum()
    ours = _predictions(fitted, X)["expected_purchases"].sum()
    _ensure(abs(ours / theirs - 1) < 0.5, "a fit on drawn data predicts about what the truth does", (ours, theirs))


def law_order_of_rows_does_not_matter(model: Any, like: Any, X: Columns) -> None:
    """A fit does not depend on the order of the rows."""
    turned = {name: values[::-1] for name, values in X.items()}
    left, right = clone(model).fit(X), clone(model).fit(turned)
    _ensure_close(left.log_likelihood_, right.log_likelihood_, "row order leaves the likelihood alone", 1e-9)
    for name, value in _predictions(left, X).items():
        _ensure_close(_predictions(right, turned)[name][::-1], value, f"row order leaves {name} alone")


def law_weights_count_customers(model: Any, like: Any, X: Columns) -> None:
    """A weight of 2 is the same as the row twice, and a weight of 0 as no row, given by array or by column name."""
    weight = np.arange(len(X["T"])) % 3
    repeated: Columns = {name: np.repeat(np.asarray(values), weight) for name, values in X.items()}
    repeated["unit"] = repeated["unit"].tolist()
    plain = clone(model).fit(repeated)
    for weighted in (
        clone(model).fit(X, sample_weight=weight),
        clone(model).fit({**X, "weight": weight}, sample_weight="weight"),
    ):
        _ensure_close(weighted.log_likelihood_, plain.log_likelihood_, "weights count customers", 1e-9)
        _ensure(weighted.n_customers_ == plain.n_customers_, "n_customers_ is the sum of the weights")
    _ensure_raises(lambda: clone(model).fit(X, sample_weight=-1.0 - weight), CustvalError, "weights are not negative")


def law_the_unit_scales_rates_and_nothing_else(model: Any, like: Any, X: Columns) -> None:
    """Times in days instead of weeks change no prediction, but for a model that counts opportunities to buy."""
    if getattr(model, "_discrete", False):
        return
    scaled = {**X, "recency": X["recency"] * 7.0, "T": X["T"] * 7.0}
    sums = getattr(model, "_sums", ())
    plain = {name: X[name] for name in ("frequency", "recency", "T", *sums)}
    scaled = {name: scaled[name] for name in plain}
    if "sum_log_intervals" in sums:
        scaled["sum_log_intervals"] = X["sum_log_intervals"] + X["frequency"] * np.log(7.0)
    left, right = clone(model).fit(plain), clone(model).fit(scaled)
    n = X["frequency"].sum()
    _ensure_close(left.log_likelihood_ - n * np.log(7.0), right.log_likelihood_, "the unit shifts the likelihood", 1e-9)
    other = _predictions(right, scaled, 7.0)
    for name, value in _predictions(left, plain).items():
        _ensure_close(other[name], value, f"the unit leaves {name} alone", 1e-5)


def law_predictions_keep_their_ranges(model: Any, like: Any, X: Columns) -> None:
    """Probabilities lie in [0, 1]; expectations are finite, not negative, and grow with the horizon."""
    found = _predictions(like, X)
    for name, value in found.items():
        _ensure(np.isfinite(value) & (value >= 0), f"{name} is finite and not negative")
    alive, active = found["probability_alive"], found["probability_active"]
    _ensure(alive <= 1, "probability_alive is at most 1")
    _ensure(active <= alive * (1 + 1e-12), "who buys again is alive")
    _ensure(active <= found["expected_purchases"] * (1 + 1e-9), "P(X ≥ 1) ≤ E[X]")
    _ensure(found["probability_alive_later"] <= alive * (1 + 1e-12), "nobody comes back to life")
    before: Any = 0.0
    shortest = 1.0 if getattr(like, "_discrete", False) else 1e-6
    for horizon in (shortest, 1.0, 13.0, 1e3, 1e6):
        value = numbers(enter(like.expected_purchases(X, horizon)), "expected_purchases")
        _ensure(np.isfinite(value) & (value >= before * (1 - 1e-9)), "expectations grow with the horizon", horizon)
        before = value


def law_predictions_change_nothing(model: Any, like: Any, X: Columns) -> None:
    """No method after `fit` writes to the model, so that threads may share it; predictions keep rows and ids."""
    fitted = clone(model).fit(X)
    before = pickle.dumps(fitted.__dict__)
    first = _predictions(fitted, X)
    fitted.parameter_table()
    _ensure(pickle.dumps(fitted.__dict__) == before, "predictions leave the model alone")
    answer = to_mapping(enter(fitted.probability_alive(X)))
    _ensure(list(answer) == ["customer_id", "probability_alive"], "an answer is customer_id and the quantity")
    _ensure(answer["customer_id"] == X["customer_id"].tolist(), "an answer keeps the rows and their order")
    bare = {name: values for name, values in X.items() if name != "customer_id"}
    _ensure(list(to_mapping(enter(fitted.probability_alive(bare)))) == ["probability_alive"], "ids are optional")
    head = {name: values[:1] for name, values in X.items()}
    for name, value in _predictions(fitted, head).items():
        _ensure_close(value, first[name][:1], f"{name} of a customer does not depend on the others", 1e-9)


def law_data_round_trip(model: Any, like: Any, X: Columns) -> None:
    """`to_dict`, JSON, `load` and pickling give the same model back."""
    fitted = clone(model).fit(X)
    data = json.loads(json.dumps(fitted.to_dict(), allow_nan=False))
    # `load` knows the classes of this library; every class reads its own
    loaded = load(data) if type(model).__module__.startswith("custval.") else type(model).from_dict(data)
    for again in (loaded, pickle.loads(pickle.dumps(fitted))):  # noqa: S301 - what was pickled a moment ago
        _ensure(type(again) is type(fitted), "load finds the class")
        for name, value in _predictions(fitted, X).items():
            _ensure(_predictions(again, X)[name] == value, f"a round trip leaves {name} alone")
        _ensure(again.aic_ == fitted.aic_, "a round trip keeps the AIC")
        _ensure(again.unit_ == fitted.unit_, "a round trip keeps the unit")


def law_new_customers_buy_as_often_as_drawn_ones(model: Any, like: Any, X: Columns) -> None:
    """The expected purchases of a new customer are the mean of drawn ones, within five standard errors."""
    n, T = 20_000, 26.0
    drawn = numbers(enter(like.sample(n, T, 1)), "frequency")
    error = drawn.std() / np.sqrt(n)
    expected = like.expected_purchases_new(T)
    _ensure(abs(drawn.mean() - expected) < 5 * error, "new customers buy as drawn ones", (drawn.mean(), expected))
    curve = like.expected_purchases_new(np.array([0.0, 1.0, T]))
    _ensure((curve[0] == 0) & (np.diff(curve) > 0), "the curve of a new customer rises from 0", curve)


def law_drawing_is_seeded(model: Any, like: Any, X: Columns) -> None:
    """The same seed draws the same customers, and a summary of drawn purchases is a drawn summary."""
    left, right = to_mapping(enter(like.sample(200, 20.0, 3))), to_mapping(enter(like.sample(200, 20.0, 3)))
    _ensure(left == right, "the same seed, the same customers")
    customer, time = like.sample_purchases(200, 20.0, 3)
    _ensure(np.bincount(customer) - 1 == np.array(left["frequency"]), "purchases and summary agree")
    _ensure(np.diff(customer) >= 0, "purchases come customer by customer")
    _ensure((time >= 0) & (time <= 20.0), "purchases lie within T")


def law_bad_input_is_refused(model: Any, like: Any, X: Columns) -> None:
    """Impossible customers, other units and unknown parameters raise."""
    row: dict[str, Any] = {"frequency": [2], "recency": [3.0], "T": [5.0]}
    for change in ({"frequency": [-1]}, {"frequency": [1.5]}, {"recency": [6.0]}, {"T": [np.nan]}, {"recency": [0.0]}):
        bad = {**row, **change}
        _ensure_raises(partial(like.probability_alive, bad), CustvalError, f"impossible customers: {change}")
    other = "D" if like.unit_ != "D" else "W"
    _ensure_raises(lambda: like.probability_alive({**row, "unit": [other]}), CustvalError, "other units are refused")
    for horizon in (0, -1.0, "12Q", float("nan"), None):
        _ensure_raises(partial(like.expected_purchases, row, horizon), CustvalError, f"bad horizons: {horizon}")
    _ensure_raises(lambda: type(like).from_params(nonsense=1.0), CustvalError, "unknown parameters are refused")


def law_nobody_and_one_time_buyers(model: Any, like: Any, X: Columns) -> None:
    """No customers: a FitError, and empty predictions. Only one-time buyers: a FitError, or a boundary."""
    empty: Mapping[str, Any] = {name: np.asarray(values)[:0] for name, values in X.items()}
    _ensure_raises(lambda: clone(model).fit(empty), FitError, "a fit needs customers")
    _ensure(to_mapping(enter(like.probability_alive(empty)))["probability_alive"] == [], "nobody in, nobody out")
    once = {"frequency": np.zeros(50), "recency": np.zeros(50), "T": np.linspace(1, 50, 50)}
    once |= {name: np.zeros(50) for name in getattr(model, "_sums", ())}
    for data in (once, {name: values[:1] for name, values in once.items()}):
        try:
            status = clone(model).fit(data).fit_status_
        except FitError:
            continue
        _ensure(status == "boundary", "one-time buyers alone have no interior maximum", status)


def _head(X: Columns, n: int) -> Columns:
    return {name: values[:n] for name, values in X.items()}


def law_counts_are_a_distribution_with_the_expectation(model: Any, like: Any, X: Columns) -> None:
    """Probabilities of counts are not negative, sum to 1, and have the expected purchases for their mean."""
    few, n_max = _head(X, 60), 2_000
    answer = to_mapping(enter(like.purchase_pmf(few, 13.0, n_max)))
    pmf = np.reshape(answer["probability"], (-1, n_max + 2))
    _ensure(np.array(answer["n"]) == np.tile(np.arange(n_max + 2), len(pmf)), "counts go from 0 to n_max and more")
    _ensure(pmf >= 0, "probabilities are not negative")
    _ensure_close(pmf.sum(axis=1), 1.0, "probabilities of counts sum to 1", 1e-9)
    found = _predictions(like, few)
    _ensure_close(pmf @ np.arange(n_max + 2), found["expected_purchases"], "the mean of the counts", 1e-6)
    _ensure_close(pmf[:, 1:].sum(axis=1), found["probability_active"], "P(n ≥ 1) is probability_active", 1e-8)


def law_the_next_purchase_comes_when_its_probability_says(model: Any, like: Any, X: Columns) -> None:
    """At the quantile of the next purchase its probability is q; where it never is, there is none."""
    few, q = _head(X, 60), 0.2
    answer = enter(like.next_purchase_quantiles(few, q))
    times, ever = numbers(answer, "next_purchase_quantiles", missing=True), numbers(answer, "probability_ever")
    _ensure(np.isnan(times) == (ever <= q), "quantiles are missing where the probability is never reached")
    for i in np.flatnonzero(~np.isnan(times))[:20]:
        row = {name: values[i : i + 1] for name, values in few.items()}
        reached = numbers(enter(like.probability_active(row, times[i])), "probability_active")[0]
        if getattr(like, "_discrete", False):
            _ensure(reached >= q * (1 - 1e-9), "by the quantile the probability is reached", reached)
        else:
            _ensure_close(reached, q, "at the quantile the probability is q", 1e-8)
    far = numbers(enter(like.probability_active(few, 1e9)), "probability_active")
    _ensure(far <= ever * (1 + 1e-8), "nobody buys more surely than ever", np.max(far - ever))


def law_draws_of_the_future_scatter_as_the_counts(model: Any, like: Any, X: Columns) -> None:
    """Draws of the next purchases have the probabilities of the counts, and the same seed draws the same."""
    few, n_draws = _head(X, 8), 4_000
    drawn = to_mapping(enter(like.sample_future(few, 13.0, n_draws, 1)))
    _ensure(drawn == to_mapping(enter(like.sample_future(few, 13.0, n_draws, 1))), "the same seed, the same future")
    counts = np.reshape(drawn["purchases"], (8, n_draws))
    pmf = np.reshape(to_mapping(enter(like.purchase_pmf(few, 13.0, 3)))["probability"], (8, 5))
    seen = np.stack([(np.minimum(counts, 4) == n).mean(axis=1) for n in range(5)], axis=1)
    error = np.sqrt(pmf * (1 - pmf) / n_draws)
    _ensure(np.abs(seen - pmf) <= 5 * error + 1e-9, "draws scatter as the counts", np.max(np.abs(seen - pmf)))


def law_discounting_lies_between_nothing_and_everything(model: Any, like: Any, X: Columns) -> None:
    """Discounted purchases are positive, fall with the rate, and are less than the undiscounted ones of a long time."""
    few = _head(X, 60)
    before: Any = numbers(enter(like.expected_purchases(few, 1e6)), "expected_purchases")
    for rate in (0.05, 0.2, 1.0):
        answer = enter(like.discounted_expected_purchases(few, rate))
        value = numbers(answer, "discounted_expected_purchases")
        _ensure((value >= 0) & (value <= before * (1 + 1e-9)), "discounted purchases fall with the rate", rate)
        before = value


def law_one_customer_is_scored_as_in_a_frame(model: Any, like: Any, X: Columns) -> None:
    """`score_one` gives what the frames give."""
    few = _head(X, 5)
    found = _predictions(like, few)
    for i in range(5):
        one = like.score_one(*(float(few[name][i]) for name in ("frequency", "recency", "T")), horizon=13.0)
        for name, value in one.items():
            _ensure_close(value, found[name][i], f"one customer is scored as in a frame: {name}", 1e-9)


def law_intervals_hold_what_they_are_of(model: Any, like: Any, X: Columns) -> None:
    """Bounds enclose the prediction, a higher level gives wider ones, and probabilities stay in [0, 1]."""
    fitted = clone(model).set_params(method="map").fit(X)
    few = _head(X, 30)
    for name in ("expected_purchases", "probability_alive", "probability_active"):
        arguments = () if name == "probability_alive" else (13.0,)
        narrow, wide = (enter(getattr(fitted, name)(few, *arguments, interval=level)) for level in (0.5, 0.95))
        low, value, high = (numbers(narrow, column) for column in (f"{name}_low", name, f"{name}_high"))
        lower, higher = numbers(wide, f"{name}_low"), numbers(wide, f"{name}_high")
        slack = 1 + 1e-12
        _ensure((low <= value * slack) & (value <= high * slack), f"bounds enclose {name}")
        _ensure((lower <= low * slack) & (high <= higher * slack), f"a higher level is wider: {name}")
        _ensure((lower >= 0) & ((higher <= 1) | (name == "expected_purchases")), f"bounds keep the range of {name}")


def law_a_prior_finds_a_mode(model: Any, like: Any, X: Columns) -> None:
    """`method="map"` converges, also on a few customers, and near the likelihood's maximum on many."""
    for n in (15, len(X["T"])):
        fitted = clone(model).set_params(method="map").fit(_head(X, n))
        _ensure(fitted.fit_status_ == "converged", "a posterior has a mode", (n, fitted.fit_message_))
        _ensure(np.isfinite(fitted.covariance_), "a mode has a covariance", n)
    plain = clone(model).fit(X)
    _ensure(fitted.log_likelihood_ <= plain.log_likelihood_ + 1e-6, "no mode lies above the maximum")
    _ensure(plain.log_likelihood_ - fitted.log_likelihood_ < 5.0, "a weak prior costs little likelihood")
