"""Personal data in public tables that nobody here made."""

from __future__ import annotations

import pandas as pd

from custval.data_quality import anonymity, find_pii, generalize, mask


def test_persons_with_blanks_before_their_headers(real_data):
    persons = pd.read_csv(real_data / "quality" / "febrl1.csv")
    assert find_pii(persons).columns == {
        " given_name": "name",
        " surname": "name",
        " street_number": "address",
        " address_1": "address",
        " address_2": "address",
        " postcode": "postcode",
        " date_of_birth": "birth_date",
        " soc_sec_id": "national_id",
    }
    blind = persons.set_axis([f"col{place}" for place in range(persons.shape[1])], axis=1)
    assert find_pii(blind).columns == {"col1": "name", "col2": "name", "col4": "address", "col9": "birth_date"}


def test_invoice_lines_hold_none(real_data):
    lines = pd.read_parquet(real_data / "transactions" / "online_retail.parquet")
    found = find_pii(lines)
    assert (found.columns, found.free_text) == ({}, {})


def test_restaurants_with_phones_in_the_wrong_column(real_data):
    restaurants = pd.read_csv(real_data / "quality" / "fodors.csv")
    found = find_pii(restaurants)
    assert found.columns == {"addr": "address", "phone": "phone"}
    assert found.free_text == {"type": ("phone",)}
    masked = mask(restaurants).frame
    assert not masked["type"].str.contains(r"\d{3}/\d{3}", regex=True).any()


def test_persons_are_unique_until_they_are_generalized(real_data):
    persons = pd.read_csv(real_data / "quality" / "febrl4a.csv", skipinitialspace=True)
    fine = anonymity(persons, ["postcode", "date_of_birth"], "state")
    assert fine.k == 1
    assert fine.uniques > 4_000
    coarse = generalize(persons, {"postcode": {"prefix": 1}, "date_of_birth": {"prefix": 3}})
    rough = anonymity(coarse, ["postcode", "date_of_birth"], "state")
    assert rough.uniques < fine.uniques / 50
    assert rough.risk_mean < fine.risk_mean / 50
