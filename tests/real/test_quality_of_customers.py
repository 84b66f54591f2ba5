"""Profiles, outliers, drift and imputation on a public table of customers with known defects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from custval.data_quality import Imputer, compare_profiles, drift, outliers, profile, schema_difference


@pytest.fixture(scope="module")
def campaign(real_data):
    return pd.read_csv(real_data / "segmentation" / "marketing_campaign.csv", sep=";", parse_dates=["Dt_Customer"])


@pytest.mark.parametrize("method", ["robust_z", "iqr"])
def test_births_and_incomes_that_cannot_be(campaign, method):
    found = outliers(campaign, ["Year_Birth", "Income"], method=method)
    flags = found.flags.set_index("value")
    assert {"1893", "1899", "1900"} == set(flags.index[flags["column"] == "Year_Birth"])
    assert flags.loc["666666", "reason"].startswith("Income 666,666: ")
    assert len(found.flags) <= 15
    assert len(found.frame) == 2240


def test_the_forest_names_the_income(campaign):
    found = outliers(campaign, ["Year_Birth", "Income"], method="isolation_forest")
    flags = found.flags.set_index("value")
    assert flags.loc["666666", "column"] == "Income"
    assert flags.loc["1893", "column"] == "Year_Birth"
    assert found.flagged_rows < 50


def test_by_default_identifiers_and_flags_are_not_judged(campaign):
    skipped = outliers(campaign).skipped
    assert skipped["ID"] == "is an identifier"
    assert skipped["Response"] == skipped["Z_Revenue"] == "has no more than two values"


def test_missing_incomes_are_filled_and_nothing_else(campaign):
    done = Imputer(by="Education").fit(campaign).transform_with_log(campaign)
    assert done.filled == {"Income": 24}
    rows = done.log["row"].to_numpy()
    assert np.array_equal(rows, np.flatnonzero(campaign["Income"].isna()))
    medians = campaign.groupby("Education")["Income"].median().round()
    assert done.frame["Income"].iloc[rows].to_list() == medians.loc[campaign["Education"].iloc[rows]].to_list()
    pd.testing.assert_frame_equal(done.frame.drop(columns="Income"), campaign.drop(columns="Income"))
    modelled = Imputer("model").fit(campaign).transform_with_log(campaign)
    assert set(modelled.log["rule"]) == {"model"}
    assert modelled.frame["Income"].between(1730, 666_666).all()


def test_halves_at_random_have_not_drifted_and_those_by_date_have(campaign):
    order = np.random.default_rng(0).permutation(len(campaign))
    one, two = campaign.iloc[order[:1120]], campaign.iloc[order[1120:]]
    assert drift(one, two).drifted == ()
    assert schema_difference(one, two).units == {}
    early = campaign["Dt_Customer"] < pd.Timestamp("2013-07-01")
    assert drift(campaign[early], campaign[~early], "Dt_Customer").drifted == ("Dt_Customer",)


def test_a_profile_before_and_after(campaign):
    before = profile(campaign)
    after = profile(Imputer().fit(campaign).transform(campaign))
    found = compare_profiles(before, after)
    assert found.changed == ("Income",)
    assert before.quality.completeness < after.quality.completeness == 1.0
