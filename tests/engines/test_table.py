"""The table of the documentation: which function runs in which engine, and how many rows come to Python."""

import os
import re
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval import clv, data_quality, lifecycle, segmentation
from custval.data_quality import rules
from custval.errors import CustvalError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
TITLES = {"polars": "polars", "duckdb": "DuckDB", "pyspark": "PySpark", "ibis": "Ibis"}
BUYS = clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="D")
SPENDS = clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
DIES = clv.ParetoNBDModel.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="D")
FITTED = clv.BetaGeoModel()
VALUE = {"annual_discount_rate": 0.1}
SCORER = segmentation.RFMScorer()


def _scored(X):
    return SCORER.transform(X)


# what is called, on which table; the answer is a frame (or the frame among the answers), or a fitted thing
CALLS = {
    "transactions": ("lines", cv.transactions),
    "contracts": ("contracts", cv.contracts),
    "customers": ("people", cv.customers),
    "events": ("events", cv.events),
    "responses": ("answers", cv.responses),
    "customers_from": ("lines", lambda X: cv.customers_from(X, "city", conflict="mode")),
    "summarize": ("lines", cv.summarize),
    "calibration_holdout": ("lines", lambda X: cv.calibration_holdout(X, calibration_end="2012-03-01")),
    "summarize_contracts": ("contracts", lambda X: cv.summarize_contracts(X, unit="M")),
    "data_quality.profile": ("lines", data_quality.profile),
    "data_quality.validate": (
        "lines",
        lambda X: data_quality.validate(X, [rules.in_range("amount", low=0)], key="line").accepted,
    ),
    'data_quality.clean_transactions(refunds="net")': ("lines", lambda X: data_quality.clean_transactions(X).frame),
    'data_quality.clean_transactions(refunds="drop")': (
        "lines",
        lambda X: data_quality.clean_transactions(X, refunds="drop").frame,
    ),
    "segmentation.RFMScorer.fit": ("summary", lambda X: segmentation.RFMScorer().fit(X)),
    "segmentation.RFMScorer.transform": ("summary", _scored),
    "lifecycle.stages": ("lines", lifecycle.stages),
    "clv.BetaGeoModel.fit": ("summary", lambda X: clv.BetaGeoModel().fit(X)),
    "clv.BetaGeoModel.probability_alive": ("summary", BUYS.probability_alive),
    "clv.BetaGeoModel.probability_active": ("summary", lambda X: BUYS.probability_active(X, "13W")),
    "clv.BetaGeoModel.expected_purchases": ("summary", lambda X: BUYS.expected_purchases(X, "39W")),
    "clv.BetaGeoModel.expected_purchases(interval=0.9)": (
        "summary",
        lambda X: FITTED.expected_purchases(X, "39W", interval=0.9),
    ),
    "clv.BetaGeoModel.discounted_expected_purchases": (
        "summary",
        lambda X: BUYS.discounted_expected_purchases(X, 0.1),
    ),
    "clv.BetaGeoModel.purchase_pmf": ("summary", lambda X: BUYS.purchase_pmf(X, "39W")),
    "clv.BetaGeoModel.next_purchase_quantiles": ("summary", BUYS.next_purchase_quantiles),
    "clv.BetaGeoModel.sample_future": ("summary", lambda X: BUYS.sample_future(X, "39W")),
    "clv.ParetoNBDModel.fit": ("summary", lambda X: clv.ParetoNBDModel().fit(X)),
    "clv.ParetoNBDModel.probability_alive": ("summary", DIES.probability_alive),
    "clv.ParetoNBDModel.expected_purchases": ("summary", lambda X: DIES.expected_purchases(X, "39W")),
    "clv.GammaGammaModel.fit": ("summary", lambda X: clv.GammaGammaModel(nonpositive="exclude").fit(X)),
    "clv.GammaGammaModel.expected_spend": ("summary", SPENDS.expected_spend),
    "clv.lifetime_value": ("summary", lambda X: clv.lifetime_value(BUYS, SPENDS, X, **VALUE)),
    "clv.customer_equity": ("summary", lambda X: clv.customer_equity(BUYS, SPENDS, X, **VALUE)),
    "clv.spend_independence": ("summary", clv.spend_independence),
    "clv.evaluate": ("summary", lambda X: clv.evaluate(BUYS, X)),
    "clv.compare": (
        "lines",
        lambda X: clv.compare([clv.BetaGeoModel()], X, cutoffs="2012-03-01", horizon="13W"),
    ),
    "clv.tracking": ("lines", lambda X: clv.tracking(BUYS, X, "2012-03-01")),
    "clv.contribution": ("lines", clv.contribution),
    "strategy.customer_view": ("summary", lambda X: cv.strategy.customer_view(X, as_of="2013-12-31")),
}


@pytest.fixture(scope="module")
def tables(some_lines):
    lines = pd.DataFrame(some_lines(8_000)).assign(city="Bonn", line=range(8_000))
    lines["amount"] = lines["amount"].abs() + 0.01
    days = np.array(["2024-01-01", "2024-02-01"], dtype="M8[us]")
    return {
        "lines": lines,
        "contracts": pd.DataFrame({"customer_id": [1, 2], "duration": [1, 2], "observed": [True, False]}),
        "people": pd.DataFrame({"customer_id": [1, 2], "acquired_at": days}),
        "events": pd.DataFrame({"customer_id": [1, 2], "timestamp": days, "event": ["visit", "buy"]}),
        "answers": pd.DataFrame({"score": [9, 4]}),
        "summary": cv.summarize(lines),
    }


def _outcome(engine, name, call, frame, rows):
    rows.clear()
    try:
        answer = call(engine.lazy(frame))
    except CustvalError as error:
        return "collect" if "collect" in str(error) else f"fails: {error}"
    assert name.endswith(".fit") or engine.is_lazy(answer)
    return f"{sum(rows):,}"


@pytest.mark.slow
def test_the_table_of_the_documentation_is_true(engine, tables, monkeypatch, assert_same):
    rows, collect = [], nw.LazyFrame.collect

    def counted(frame, *args, **kwargs):
        result = collect(frame, *args, **kwargs)
        rows.append(len(result))
        return result

    SCORER.fit(tables["summary"])
    FITTED.set_params(method="map").fit(tables["summary"])
    written = _written()
    for name, (table, call) in CALLS.items():
        with monkeypatch.context() as patch:
            patch.setattr(nw.LazyFrame, "collect", counted)
            outcome = _outcome(engine, name, call, tables[table], rows)
        if "CUSTVAL_WRITE_TABLE" in os.environ:
            written.setdefault(name, {})[TITLES[engine.name]] = outcome
        else:
            assert written[name][TITLES[engine.name]] == outcome, name
    if "CUSTVAL_WRITE_TABLE" in os.environ:
        _write({name: written[name] for name in CALLS})


_BLOCK = re.compile(r"(<!-- table: begin -->\n)(.*?)(<!-- table: end -->)", re.DOTALL)


def _written():
    lines = _BLOCK.search(PAGE.read_text())[2].strip().splitlines()
    if not lines:
        return {}
    titles = [cell.strip() for cell in lines[0].strip("|").split("|")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {row[0].strip("`"): dict(zip(titles, row[1:], strict=True)) for row in cells}


def _write(table):
    titles = list(TITLES.values())
    lines = [f"| function | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(row.get(title, '') for title in titles)} |" for name, row in table.items()]
    block = "\n".join(lines)
    PAGE.write_text(_BLOCK.sub(lambda found: f"{found[1]}{block}\n{found[3]}", PAGE.read_text()))
