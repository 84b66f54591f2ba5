"""Public tables with the debris of files: headers with blanks and byte order marks, blank totals, broken addresses."""

from __future__ import annotations

import pandas as pd
import pytest

from custval.data_quality import standardize, to_dates, to_numeric


def same_otherwise(before, result):
    """Every cell that is not in the log is as it was."""
    after = result.frame.set_axis(before.columns, axis="columns")
    place = {name: number for number, name in enumerate(result.frame.columns)}
    differs = (before.astype(object).to_numpy() != after.astype(object).to_numpy()) & ~(
        before.isna().to_numpy() & after.isna().to_numpy()
    )
    logged = {(row, place[column]) for row, column in zip(result.log["row"], result.log["column"], strict=True)}
    return {(row, column) for row, column in zip(*differs.nonzero(), strict=True)} == logged


@pytest.mark.parametrize("name", ["febrl1", "febrl4a", "febrl4b"])
def test_febrl(real_data, name):
    raw = pd.read_csv(real_data / "quality" / f"{name}.csv", dtype=str)
    assert all(column.startswith(" ") for column in raw.columns[1:])
    result = standardize(raw)
    assert list(result.frame.columns) == [column.strip() for column in raw.columns]
    assert len(result.frame) == len(raw)
    assert same_otherwise(raw, result)
    assert dict(result.kinds) == {
        "rec_id": "id",
        "given_name": "given_name",
        "surname": "family_name",
        "postcode": "postcode",
        "date_of_birth": "date",
    }
    assert result.frame["postcode"].str.fullmatch(r"\d{4}").all()
    given = result.frame["given_name"]
    assert (given.isna() == raw[" given_name"].str.strip().eq("")).all()
    assert given.dropna().str[0].str.isupper().all()
    again = standardize(result.frame)
    pd.testing.assert_frame_equal(again.frame, result.frame)
    assert len(again.log) == 0
    dates = to_dates(result.frame)
    digits = raw[" date_of_birth"].str.strip()
    oracle = pd.to_datetime(digits, format="%Y%m%d", errors="coerce")
    assert (dates.frame["date_of_birth"].isna() == oracle.isna()).all()
    assert (dates.frame["date_of_birth"] == oracle)[oracle.notna()].all()
    assert len(dates.unparsed) == int((oracle.isna() & digits.ne("")).sum())


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_marketing_campaign(real_data, encoding):
    raw = pd.read_csv(real_data / "segmentation" / "marketing_campaign.csv", sep=";", encoding=encoding)
    result = standardize(raw)
    assert result.frame.columns[0] == "ID"
    assert len(result.log) == 0
    dates = to_dates(result.frame)
    assert list(dates.columns) == ["Dt_Customer"]
    assert len(dates.unparsed) == len(dates.log) == 0
    assert (dates.frame["Dt_Customer"] == pd.to_datetime(raw["Dt_Customer"])).all()


def test_telco(real_data):
    raw = pd.read_csv(real_data / "churn" / "telco_customer_churn.csv")
    result = to_numeric(raw)
    assert list(result.columns) == ["TotalCharges"]
    assert len(result.log) == 11
    assert len(result.unparsed) == 0
    assert result.frame["TotalCharges"].isna().sum() == 11
    known = raw["TotalCharges"].str.strip().ne("")
    assert (result.frame["TotalCharges"][known] == raw["TotalCharges"][known].astype(float)).all()
    genders = standardize(raw)
    assert genders.frame["gender"].value_counts().to_dict() == {"male": 3555, "female": 3488}
    assert genders.frame.drop(columns="gender").equals(raw.drop(columns="gender"))


def test_fake_1000(real_data):
    raw = pd.read_csv(real_data / "quality" / "fake_1000.csv", dtype=str)
    result = standardize(raw)
    assert same_otherwise(raw, result)
    assert result.kinds["email"] == "email"
    broken = raw["email"].notna() & ~raw["email"].fillna("").str.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
    assert set(broken.to_numpy().nonzero()[0]) <= set(result.unparsed["row"])
    assert result.frame["email"].equals(raw["email"])


def test_restaurants(real_data):
    """Their names are none of persons, and left alone; every phone is read."""
    for name in ("fodors", "zagats"):
        raw = pd.read_csv(real_data / "quality" / f"{name}.csv", dtype=str)
        result = standardize(raw, region="US")
        assert "name" not in result.kinds
        digits = raw["phone"].str.replace(r"\D", "", regex=True)
        read = ~raw.index.isin(result.unparsed.loc[result.unparsed["column"].eq("phone"), "row"])
        assert read.mean() > 0.9
        assert (result.frame["phone"][read] == "+1" + digits[read]).all()
