"""The public names, frozen: other people's code is written against them."""

from __future__ import annotations

import importlib
import inspect

import pytest

import custval as cv

PUBLIC = {
    "custval": """
        ColumnError CustvalError CustvalWarning DataError FitError NotFittedError __version__ calibration_holdout clv
        contracts customers customers_from data_quality datasets events lifecycle load responses segmentation strategy
        summarize summarize_contracts testing transactions
    """,
    "custval.clv": """
        AliveHistory BetaGeoBetaBinomModel BetaGeoCNBDModel BetaGeoModel Comparison CustomerEquity
        Evaluation FrequencyFit FrequencyRecencyMatrix GammaGammaModel ModifiedBetaGeoCNBDModel
        ModifiedBetaGeoModel NBDModel ParetoCurve ParetoNBDModel PurchaseModel SpendDistribution
        SpendIndependence Tracking alive_history compare contribution customer_equity evaluate frequency_fit
        frequency_recency_matrix from_lifetimes lifetime_value pareto_curve spend_distribution
        spend_independence to_lifetimes tracking
    """,
    "custval.data_quality": """
        Anonymity CleanedTransactions Consented Drift Imputation Imputer Masked Outliers ParsedDates
        ParsedNumbers PersonalData Profile ProfileComparison Retained RuleSet SchemaDifference Standardized
        SuppressedCells Validation anonymity clean_transactions compare_profiles drift find_pii generalize
        identity_numbers mask outliers presets profile pseudonymize respect_consent retention rules
        schema_difference standardize suppress_small_cells to_dates to_numeric validate
    """,
    "custval.datasets": "Store StoreTruth load_cdnow load_donations simulate_store simulate_transactions",
    "custval.errors": "ColumnError CustvalError CustvalWarning DataError FitError NotFittedError",
    "custval.lifecycle": "StageScheme stages",
    "custval.segmentation": "RFMScorer",
    "custval.strategy": "ViewMatrix customer_view view_matrix",
    "custval.testing": "check_model purchase_model_laws",
}

SIGNATURES = {
    "calibration_holdout": (
        "(transactions, *, calibration_end, holdout_end=None, grain='D', unit=None, regularity=False, tz=None, "
        "check=True)"
    ),
    "customers_from": "(table, columns, *, conflict='latest')",
    "load": "(data)",
    "summarize": "(transactions, *, grain='D', unit=None, until=None, regularity=False, tz=None, check=True)",
    "summarize_contracts": "(contracts, *, unit, until=None, tz=None, check=True)",
    "clv.contribution": "(transactions, every=None, *, tz=None)",
    "clv.from_lifetimes": "(fitter, unit=None)",
    "clv.frequency_fit": "(model, X, n_max=7, *, sample_weight=None)",
    "clv.frequency_recency_matrix": (
        "(model, *, horizon=None, T='12M', max_frequency=15, quantity='expected_purchases', steps=40)"
    ),
    "clv.alive_history": "(model, transactions, customer, *, every='1W', grain='D', until=None, tz=None)",
    "clv.pareto_curve": "(X, value='margin', *, points=100)",
    "clv.spend_distribution": "(model, X, bins=30, *, sample_weight=None)",
    "clv.spend_independence": "(X, *, interval=0.95, tolerance=0.2, sample_weight=None)",
    "clv.to_lifetimes": "(model)",
    "clv.lifetime_value": (
        "(model, spend, X, *, horizon='12M', annual_discount_rate, margin=1.0, discount_timing='end', "
        "interval=None, interval_of='mean', rng=None, check=True)"
    ),
    "clv.compare": "(models, transactions, *, cutoffs, horizon, grain='D', unit=None, interval=0.9)",
    "clv.evaluate": "(model, holdout, *, interval=0.9, spend=None)",
    "clv.tracking": "(model, transactions, calibration_end, grain='D', every=None)",
    "clv.BetaGeoModel": "(method='mle', unit=None)",
    "clv.BetaGeoModel.fit": "(self, X, sample_weight=None)",
    "clv.BetaGeoModel.expected_purchases": "(self, X, horizon, *, interval=None, interval_of='mean', check=True)",
    "clv.BetaGeoModel.probability_alive": "(self, X, after=0, *, interval=None, check=True)",
    "clv.BetaGeoModel.probability_active": "(self, X, horizon, *, interval=None, check=True)",
    "clv.BetaGeoModel.purchase_pmf": "(self, X, horizon, n_max=10)",
    "clv.BetaGeoModel.next_purchase_quantiles": "(self, X, q=0.5)",
    "clv.BetaGeoModel.sample_future": "(self, X, horizon, n_draws=100, rng=None)",
    "clv.BetaGeoModel.discounted_expected_purchases": (
        "(self, X, annual_discount_rate, compounding='discrete', *, interval=None, check=True)"
    ),
    "clv.BetaGeoModel.score_one": (
        "(self, frequency, recency, T, *, horizon, monetary_value=None, spend=None, unit=None)"
    ),
    "clv.BetaGeoModel.sample": "(self, n, T, rng=None)",
    "clv.GammaGammaModel": "(method='mle', nonpositive='raise')",
    "data_quality.clean_transactions": (
        "(tx, *, refunds='net', refund_when=None, unmatched_refunds='keep', duplicates='drop', zero_amount='keep', "
        "missing_customer='drop', exclude=None, tz=None)"
    ),
    "data_quality.standardize": (
        "(frame, columns=None, *, region=None, missing=None, emails='domain', phones='own', countries='alpha2', "
        "places='short', day_first=None, two_digit_years=None, headers=True, errors='keep')"
    ),
    "data_quality.to_dates": (
        "(frame, columns=None, *, day_first=None, two_digit_years=None, serial=None, epoch=None, missing=None, "
        "errors='null')"
    ),
    "data_quality.to_numeric": (
        "(frame, columns=None, *, decimal=None, percent='fraction', chinese_numerals=False, missing=None, "
        "errors='null')"
    ),
    "data_quality.anonymity": "(frame, quasi_identifiers, sensitive=None, *, population=None)",
    "data_quality.find_pii": "(frame, *, minimum_confidence=0.5, sample=10000, show_values=False)",
    "data_quality.generalize": "(frame, columns)",
    "data_quality.mask": "(frame, columns=None, *, minimum_confidence=0.5)",
    "data_quality.pseudonymize": "(frame, columns, key, *, by_column=False, prefix='', length=32)",
    "data_quality.respect_consent": ("(frame, purpose, *, consents=None, consent=None, purposes=None, as_of=None)"),
    "data_quality.retention": "(frame, time, keep, *, as_of, missing_time='raise')",
    "data_quality.suppress_small_cells": "(frame, counts, minimum=10, *, by=None, also=None)",
    "data_quality.validate": "(frame, rules, key=None, *, tz=None)",
    "segmentation.RFMScorer": "(n_bins=5, method='quantile', segments='standard', *, cuts=None)",
    "lifecycle.stages": "(transactions, customers=None, scheme=None, as_of=None, *, tz=None, check=True)",
    "strategy.customer_view": (
        "(customers, *, as_of, stage=None, value=None, satisfaction=None, churn=None, segment=None, bands=None)"
    ),
    "strategy.view_matrix": "(view)",
    "datasets.load_cdnow": "(sample=False, *, library='pandas')",
}


def plain(function):
    """A signature without its types."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize("module", PUBLIC)
def test_names(module):
    names = importlib.import_module(module).__all__
    assert sorted(names) == PUBLIC[module].split()
    assert list(names) == sorted(names)
    for name in names:
        assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize("path", SIGNATURES)
def test_signatures(path):
    found = cv
    for name in path.split("."):
        found = getattr(found, name)
    assert plain(found) == SIGNATURES[path]


@pytest.mark.parametrize("module", PUBLIC)
def test_everything_public_has_a_docstring(module):
    for name in importlib.import_module(module).__all__:
        found = getattr(importlib.import_module(module), name)
        if callable(found):
            assert inspect.getdoc(found), name
        if inspect.isfunction(found):
            assert ">>>" in inspect.getdoc(found), name


def test_the_front_door_lists_its_rooms():
    assert set(cv.__all__) <= set(dir(cv))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        cv.nonsense  # noqa: B018
