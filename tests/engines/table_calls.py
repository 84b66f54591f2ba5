"""What the table of the documentation lists: the calls, by group, each on one of a few tables."""

from __future__ import annotations

import custval as cv
from custval import clv, data_quality, lifecycle, segmentation
from custval.data_quality import presets, rules

__all__ = ["CALLS", "FITTED", "GROUPS", "RULES", "SCORER"]

BUYS = clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="D")
SPENDS = clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
DIES = clv.ParetoNBDModel.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="D")
# those that the test fits before it calls
FITTED = clv.BetaGeoModel()
SCORER = segmentation.RFMScorer()
VALUE = {"annual_discount_rate": 0.1}
UNTIL = "2013-12-31"


def _scored(X):
    return SCORER.transform(X)


def _validated(*some):
    """A call that judges by rules; what comes back is the accepted rows."""
    return lambda X: data_quality.validate(X, list(some), key="line").accepted


def _cleaned(**policies):
    return lambda X: data_quality.clean_transactions(X, **policies).frame


# a rule of each kind
RULES = [
    rules.constant("city"),
    rules.excludes_pattern("order_id", "^C"),
    rules.expression("amount > 0.05 or city == 'Bonn'"),
    rules.fresh("timestamp", "30D", as_of=UNTIL),
    rules.in_range("amount", low=0),
    rules.in_set("city", ["Bonn"]),
    rules.matches_pattern("order_id", "o[0-9]+"),
    rules.monotone("timestamp", by="customer_id", order_by="line"),
    rules.near_duplicate(["customer_id", "amount"]),
    rules.no_outliers("amount", by="customer_id"),
    rules.not_in_future("timestamp", as_of=UNTIL),
    rules.not_in_set("customer_id", [7, 8]),
    rules.not_null("order_id"),
    rules.of_type("order_id", "number"),
    rules.references("customer_id", range(1_000)),
    rules.refund_after_purchase("amount", by="customer_id"),
    rules.row_count(low=1),
    rules.share_of("city", ["Bonn"], low=0.5),
    rules.share_of_nulls("order_id", high=0.1),
    rules.statistic("amount", "median", low=0),
    rules.unique(["customer_id", "timestamp"]),
    rules.varied(["amount", "customer_id"]),
]

_TABLES = {
    "transactions": ("lines", cv.transactions),
    "contracts": ("contracts", cv.contracts),
    "customers": ("people", cv.customers),
    "events": ("events", cv.events),
    "responses": ("answers", cv.responses),
    "customers_from": ("lines", lambda X: cv.customers_from(X, "city", conflict="mode")),
    "summarize": ("lines", cv.summarize),
    "calibration_holdout": ("lines", lambda X: cv.calibration_holdout(X, calibration_end="2012-03-01")),
    "summarize_contracts": ("contracts", lambda X: cv.summarize_contracts(X, unit="M")),
}

_JUDGED = {
    **{f"rules.{rule.check}": ("lines", _validated(rule)) for rule in RULES},
    "presets.transactions": ("lines", _validated(*presets.transactions(UNTIL, test_accounts=[7]))),
    "presets.contracts": ("contracts", _validated(*presets.contracts(UNTIL))),
    "presets.customers": ("people", _validated(*presets.customers(UNTIL))),
    "presets.events": ("events", _validated(*presets.events(UNTIL, known=["visit", "buy"]))),
    "presets.responses": ("answers", _validated(*presets.responses((0, 10), UNTIL))),
}

_CLEANED = {
    'clean_transactions(refunds="net")': ("lines", _cleaned()),
    'clean_transactions(refunds="drop")': ("lines", _cleaned(refunds="drop")),
    'clean_transactions(refunds="keep")': ("lines", _cleaned(refunds="keep")),
    "clean_transactions(refund_when=…)": ("lines", _cleaned(refunds="drop", refund_when="starts_with(order_id, 'o1')")),
    'clean_transactions(duplicates="raise")': ("lines", _cleaned(refunds="keep", duplicates="raise")),
    'clean_transactions(zero_amount="drop")': ("lines", _cleaned(refunds="keep", zero_amount="drop")),
    'clean_transactions(missing_customer="keep")': ("lines", _cleaned(refunds="keep", missing_customer="keep")),
    "clean_transactions(exclude=…)": ("lines", _cleaned(refunds="drop", exclude={"small": "amount < 1"})),
}

_WHOLE_COLUMNS = {
    "profile": ("lines", data_quality.profile),
    "compare_profiles": (
        "lines",
        lambda X: data_quality.compare_profiles(data_quality.profile(X), data_quality.profile(X)),
    ),
    "drift": ("lines", lambda X: data_quality.drift(X, X)),
    "schema_difference": ("lines", lambda X: data_quality.schema_difference(X, X)),
    "outliers": ("lines", lambda X: data_quality.outliers(X, "amount")),
    "Imputer.fit": ("lines", lambda X: data_quality.Imputer().fit(X)),
    "Imputer.transform": ("lines", lambda X: data_quality.Imputer().fit({"amount": [1.0, None]}).transform(X)),
    "to_numeric": ("lines", data_quality.to_numeric),
    "to_dates": ("lines", data_quality.to_dates),
    "standardize": ("lines", data_quality.standardize),
    "find_pii": ("lines", data_quality.find_pii),
    "mask": ("lines", data_quality.mask),
    "pseudonymize": ("lines", lambda X: data_quality.pseudonymize(X, ["customer_id"], key=b"1" * 32)),
    "generalize": ("lines", lambda X: data_quality.generalize(X, {"amount": 10})),
    "anonymity": ("lines", lambda X: data_quality.anonymity(X, ["city"])),
    "suppress_small_cells": ("lines", lambda X: data_quality.suppress_small_cells(X, "amount")),
    "respect_consent": ("people", lambda X: data_quality.respect_consent(X, "mail", consent="line")),
    "retention": ("lines", lambda X: data_quality.retention(X, "timestamp", "2Y", as_of=UNTIL)),
}

_SEGMENTS = {
    "segmentation.RFMScorer.fit": ("summary", lambda X: segmentation.RFMScorer().fit(X)),
    "segmentation.RFMScorer.transform": ("summary", _scored),
    "lifecycle.stages": ("lines", lifecycle.stages),
    "strategy.customer_view": ("summary", lambda X: cv.strategy.customer_view(X, as_of=UNTIL)),
}

_MODELS = {
    "BetaGeoModel.fit": ("summary", lambda X: clv.BetaGeoModel().fit(X)),
    "BetaGeoModel.probability_alive": ("summary", BUYS.probability_alive),
    "BetaGeoModel.probability_active": ("summary", lambda X: BUYS.probability_active(X, "13W")),
    "BetaGeoModel.expected_purchases": ("summary", lambda X: BUYS.expected_purchases(X, "39W")),
    "BetaGeoModel.expected_purchases(interval=0.9)": (
        "summary",
        lambda X: FITTED.expected_purchases(X, "39W", interval=0.9),
    ),
    "BetaGeoModel.discounted_expected_purchases": (
        "summary",
        lambda X: BUYS.discounted_expected_purchases(X, 0.1),
    ),
    "BetaGeoModel.purchase_pmf": ("summary", lambda X: BUYS.purchase_pmf(X, "39W")),
    "BetaGeoModel.next_purchase_quantiles": ("summary", BUYS.next_purchase_quantiles),
    "BetaGeoModel.sample_future": ("summary", lambda X: BUYS.sample_future(X, "39W")),
    "ParetoNBDModel.fit": ("summary", lambda X: clv.ParetoNBDModel().fit(X)),
    "ParetoNBDModel.probability_alive": ("summary", DIES.probability_alive),
    "ParetoNBDModel.expected_purchases": ("summary", lambda X: DIES.expected_purchases(X, "39W")),
    "GammaGammaModel.fit": ("summary", lambda X: clv.GammaGammaModel(nonpositive="exclude").fit(X)),
    "GammaGammaModel.expected_spend": ("summary", SPENDS.expected_spend),
    "lifetime_value": ("summary", lambda X: clv.lifetime_value(BUYS, SPENDS, X, **VALUE)),
    "customer_equity": ("summary", lambda X: clv.customer_equity(BUYS, SPENDS, X, **VALUE)),
    "spend_independence": ("summary", clv.spend_independence),
    "evaluate": ("summary", lambda X: clv.evaluate(BUYS, X)),
    "compare": ("lines", lambda X: clv.compare([clv.BetaGeoModel()], X, cutoffs="2012-03-01", horizon="13W")),
    "tracking": ("lines", lambda X: clv.tracking(BUYS, X, "2012-03-01")),
    "contribution": ("lines", clv.contribution),
    "pareto_curve": ("summary", lambda X: clv.pareto_curve(X, "frequency")),
}

# what is called, on which table; the answer is a frame (or the frame among the answers), or a fitted thing
GROUPS = {
    "Tables and summaries": _TABLES,
    "`data_quality.validate`, by each rule and preset": _JUDGED,
    "`data_quality.clean_transactions`": _CLEANED,
    "`data_quality`, the rest": _WHOLE_COLUMNS,
    "`segmentation`, `lifecycle` and `strategy`": _SEGMENTS,
    "`clv`": _MODELS,
}
CALLS = {name: call for group in GROUPS.values() for name, call in group.items()}
