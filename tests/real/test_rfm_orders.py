"""The orders of R's `rfm` package (MIT), scored as that package scores them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.segmentation import RFMScorer


@pytest.fixture(scope="module")
def summary(real_data):
    orders = pd.read_parquet(real_data / "transactions" / "rfm_data_orders.parquet")
    lines = cv.transactions(orders, timestamp="order_date", amount="revenue")
    return cv.summarize(lines, until="2006-12-31")


def test_scores_are_those_that_the_package_prints(summary):
    scored = RFMScorer().fit_transform(summary).set_index("customer_id")
    assert len(scored) == 995
    expected = {"Abbey O'Reilly": 343, "Add Senger": 412, "Aden Lesch": 323, "Aden Murphy": 544, "Admiral Senger": 433}
    assert scored.loc[list(expected), "rfm_score"].to_dict() == expected


def test_everyone_has_the_scores_of_the_packages_own_rule(summary):
    # that package's bins end one above each quantile: the same but for whole numbers between a quantile and that
    scorer = RFMScorer().fit(summary)
    scored = scorer.transform(summary)
    columns = {"recency": "time_since_last", "frequency": "orders", "monetary": "total_amount"}
    for name, column in columns.items():
        x = summary[column].to_numpy()
        cuts = np.quantile(x, [0.2, 0.4, 0.6, 0.8])
        np.testing.assert_allclose(scorer.cuts_[name], cuts, rtol=1e-14)
        theirs = (x[:, None] >= cuts + 1).sum(axis=1)
        between = ((x[:, None] > cuts) & (x[:, None] < cuts + 1)).any(axis=1)
        score = scored[f"{name}_score"].to_numpy()
        ours = 5 - score if name == "recency" else score - 1
        assert (ours == theirs)[~between].all()
        assert between.sum() < 10


def test_segments_are_about_as_large_as_their_part_of_the_grid(summary):
    share = RFMScorer(method="nested").fit_transform(summary)["rfm_segment"].value_counts(normalize=True)
    assert share.sum() == pytest.approx(1)
    assert set(share.index) == set(RFMScorer().fit(summary).segments_.names)
