"""Columns named in an argument: the same answer everywhere to what names none, names one twice, or is no text."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from custval import data_quality as dq
from custval._result import Result
from custval.errors import ColumnError, CustvalError

FRAME = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0, 9.0], "n": range(6), "e": list("aabbcc"), "customer_id": range(6)})

CALLS = {
    "outliers columns": lambda named: dq.outliers(FRAME, named),
    "outliers by": lambda named: dq.outliers(FRAME, "x", by=named),
    "outliers log": lambda named: dq.outliers(FRAME, "x", log=named),
    "drift": lambda named: dq.drift(FRAME, FRAME, columns=named),
    "Imputer by": lambda named: dq.Imputer(by=named).fit(FRAME),
    "Imputer exclude": lambda named: dq.Imputer(exclude=named).fit(FRAME),
    "standardize": lambda named: dq.standardize(FRAME, named),
    "to_numeric": lambda named: dq.to_numeric(FRAME, named),
    "to_dates": lambda named: dq.to_dates(FRAME, named),
    "mask": lambda named: dq.mask(FRAME, named),
    "pseudonymize": lambda named: dq.pseudonymize(FRAME, named, key=b"k" * 32),
    "anonymity": lambda named: dq.anonymity(FRAME, named),
    "anonymity sensitive": lambda named: dq.anonymity(FRAME, "e", named),
    "suppress_small_cells by": lambda named: dq.suppress_small_cells(FRAME, "n", by=named),
    "suppress_small_cells also": lambda named: dq.suppress_small_cells(FRAME, "n", also=named),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_names_no_columns(call):
    for named, says in (
        (5, "of type int"),
        ([], "names no column"),
        ([["x"]], "of type list"),
        (["x", None], "of type NoneType"),
        (b"x", "of type bytes"),
        (["x", "x"], "twice: 'x'"),
    ):
        with pytest.raises(CustvalError, match=says) as caught:
            CALLS[call](named)
        assert caught.value.suggestion
    with pytest.raises(ColumnError, match="no column 'y'"):
        CALLS[call]("y")
    with pytest.raises(ColumnError, match="no column 'y'"):
        CALLS[call](["x", "y"])


@pytest.mark.parametrize("make", [str, list, tuple, set, iter])
def test_every_way_to_name_a_column(make):
    def name(column):
        return column if make is str else make([column])

    assert set(dq.outliers(FRAME, name("x")).counts) == {"x"}
    assert dq.anonymity(FRAME, name("e")).k == 2
    assert dq.standardize(FRAME, name("e")).frame["e"].tolist() == FRAME["e"].tolist()


def test_other_wrong_arguments():
    consents = pd.DataFrame({"customer_id": [1, 2], "purpose": ["mail"] * 2, "granted": [True, False]})
    for allowed in (None, 5, "email", [["email"]]):
        with pytest.raises(CustvalError, match="must be a sequence of column names") as caught:
            dq.respect_consent(FRAME, "mail", consents=consents, purposes={"mail": allowed})
        assert caught.value.suggestion == "purposes={'mail': ['x']}"
    for region in (["CN"], 5, {"CN": 1}):
        with pytest.raises(CustvalError, match="two letters of ISO"):
            dq.standardize(FRAME, region=region)
    for mapping in (dq.mask, dq.generalize):
        with pytest.raises(CustvalError, match="names no column"):
            mapping(FRAME, {})


def test_where_a_result_has_a_frame_it_is_the_table():
    results = [
        dq.outliers(FRAME),
        dq.standardize(FRAME),
        dq.to_numeric(FRAME),
        dq.to_dates(FRAME),
        dq.mask(FRAME, "e"),
        dq.suppress_small_cells(FRAME[["e", "customer_id", "n"]], "n"),
        dq.Imputer().fit(FRAME).transform_with_log(FRAME),
    ]
    for result in results:
        assert isinstance(result, Result)
        assert "frame" in {field.name for field in dataclasses.fields(result)}
        assert result.to_frame() is result.frame
