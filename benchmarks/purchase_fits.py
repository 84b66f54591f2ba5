"""Fits with standard errors of every model that lifetimes has too, beside lifetimes.

Pareto/NBD, of which it gives no standard errors, and BG/BB, unless the distinct rows are counted for it, take it many
minutes for a million customers; those two are fitted to a tenth of the size unless `few` says otherwise::

    python -c "from benchmarks import purchase_fits as f; f.run(size=1_000_000, repeat=1, few=1_000_000)"
"""

from __future__ import annotations

import warnings

import custval as cv
from benchmarks.customers import beta_geo, opportunities, pareto
from benchmarks.harness import compare

SIZE = 1_000_000
# optimizers agree far better on expectations than on single parameters
_TOLERANCE = 1e-3


def fit_beta_geo(base):
    return _errors(cv.clv.BetaGeoModel().fit(base))


def fit_modified_beta_geo(base):
    return _errors(cv.clv.ModifiedBetaGeoModel().fit(base))


def fit_pareto(base):
    return _errors(cv.clv.ParetoNBDModel().fit(base))


def fit_opportunities(base):
    return _errors(cv.clv.BetaGeoBetaBinomModel().fit(base))


def fit_spend(base):
    return _errors(cv.clv.GammaGammaModel().fit(base))


def _errors(model):
    model.parameter_table()  # with the standard errors
    return model


def lifetimes_beta_geo(base):
    return _lifetimes("BetaGeoFitter").fit(base["frequency"], base["recency"], base["T"])


def lifetimes_modified_beta_geo(base):
    return _lifetimes("ModifiedBetaGeoFitter").fit(base["frequency"], base["recency"], base["T"])


def lifetimes_pareto(base):
    return _lifetimes("ParetoNBDFitter").fit(base["frequency"], base["recency"], base["T"])


def lifetimes_opportunities(base):
    return _lifetimes("BetaGeoBetaBinomFitter").fit(base["frequency"], base["recency"], base["T"])


def lifetimes_opportunities_counted(base):
    """As a careful user does it: the distinct rows and their weights, which custval finds itself."""
    rows = base.groupby(["frequency", "recency", "T"]).size().reset_index(name="weights")
    return _lifetimes("BetaGeoBetaBinomFitter").fit(rows["frequency"], rows["recency"], rows["T"], rows["weights"])


def lifetimes_spend(base):
    again = base[base["frequency"] > 0]
    return _lifetimes("GammaGammaFitter").fit(again["frequency"], again["monetary_value"])


def _lifetimes(name):
    # importing it warns; the filter stays off while it fits, which warns of overflows too
    warnings.simplefilter("ignore")
    import lifetimes

    return getattr(lifetimes, name)()


def beta_geo_answer(model):
    return _expected(cv.clv.BetaGeoModel, ("r", "alpha", "a", "b"), model)


def modified_beta_geo_answer(model):
    return _expected(cv.clv.ModifiedBetaGeoModel, ("r", "alpha", "a", "b"), model)


def pareto_answer(model):
    return _expected(cv.clv.ParetoNBDModel, ("r", "alpha", "s", "beta"), model)


def opportunities_answer(model):
    return _expected(cv.clv.BetaGeoBetaBinomModel, ("alpha", "beta", "gamma", "delta"), model, 12.0)


def _expected(model_type, names, model, horizon=365.0):
    theta = {name: float(model.params_[name]) for name in names}
    return float(model_type.from_params(**theta).expected_purchases_new(horizon))


def spend_answer(model):
    p, q, scale = (float(value) for value in dict(model.params_).values())
    return p * scale / (q - 1)


def run(*, size, repeat, few=None):
    shared = {"repeat": min(repeat, 3), "tolerance": _TOLERANCE}
    few = few or size // 10
    bgbb = ("BG/BB", fit_opportunities, opportunities, opportunities_answer)
    entries = [
        ("BG/NBD", fit_beta_geo, beta_geo, beta_geo_answer, lifetimes_beta_geo, size),
        ("MBG/NBD", fit_modified_beta_geo, beta_geo, modified_beta_geo_answer, lifetimes_modified_beta_geo, size),
        ("Gamma-Gamma", fit_spend, beta_geo, spend_answer, lifetimes_spend, size),
        ("Pareto/NBD", fit_pareto, pareto, pareto_answer, lifetimes_pareto, few),
        (*bgbb, lifetimes_opportunities, few),
        (*bgbb, lifetimes_opportunities_counted, size),
    ]
    for name, ours, setup, answer, peer, n in entries:
        which = "lifetimes, distinct rows" if peer is lifetimes_opportunities_counted else "lifetimes"
        compare(
            f"{name} fit, {n:,} customers", ours, peer, setup=setup, size=n, answer=answer, peer_name=which, **shared
        )
