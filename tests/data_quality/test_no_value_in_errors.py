"""Errors, warnings, tracebacks and results of the privacy functions hold no value of any cell."""

from __future__ import annotations

import datetime as dt
import traceback
import warnings
from decimal import Decimal

import pandas as pd
import pytest

from custval import data_quality as dq
from custval.errors import CustvalError

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

SECRET = "Q7secretZ"  # noqa: S105 - no password
NUMBER = 9_182_736_455_463
DAY = dt.datetime(2143, 7, 19, 5, 43, 21)
SHOWN = (SECRET, str(NUMBER), "9182736455463", "9,182,736", "2143", SECRET.encode().hex())
KEY = b"sixteen bytes ok"

SHAPES = {
    "text": [SECRET, f"{SECRET}@example.com", f"x {SECRET}", None],
    "address": [f"{SECRET}@example.com"] * 4,
    "text and numbers": [SECRET, 1, None, 2.5],
    "text and lists": [SECRET, [SECRET], {SECRET: SECRET}, None],
    "lists": [[SECRET], [SECRET, "b"], None, []],
    "dicts": [{"a": SECRET}, {"a": SECRET}, None, {"a": ""}],
    "bytes": [SECRET.encode(), b"\xff" + SECRET.encode(), None, b""],
    "lone surrogates": [f"\ud800{SECRET}", SECRET, None, f"{SECRET}\udfff"],
    "numbers": [NUMBER, NUMBER + 1, None, NUMBER],
    "negative": [-NUMBER, -NUMBER - 0.5, None, 1.5],
    "beyond floats": [2**53 + NUMBER, 2**60 + 1, None, NUMBER],
    "huge": [NUMBER * 10**300, NUMBER * 10**400, None, 1],
    "decimals": [Decimal(NUMBER) / 100, Decimal(f"{NUMBER}{NUMBER}.55"), None, Decimal(1)],
    "times": [DAY, DAY, None, DAY + dt.timedelta(1)],
    "dates": [DAY.date(), dt.date(9999, 12, 31), None, DAY.date()],
    "dates and text": [DAY.date(), SECRET, None, DAY],
    "spans": [dt.timedelta(seconds=NUMBER // 10**4), None, None, dt.timedelta(1)],
    "dates as text": ["2143-07-19", f"2143-07-19 {SECRET}", None, "19.07.2143"],
    "objects": [ValueError(SECRET), (SECRET,), {SECRET}, None],
}


def objects(columns):
    made = {}
    for name, values in columns.items():
        made[name] = pd.Series([None] * len(values), dtype=object)
        for row, value in enumerate(values):
            made[name].iat[row] = value
    return pd.DataFrame(made)


LIBRARIES = {
    "pandas-object": objects,
    "pandas-arrow": lambda columns: pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "dict": dict,
}
CANNOT_HOLD = (pa.ArrowException, TypeError, ValueError, OverflowError, pl.exceptions.PolarsError, UnicodeEncodeError)


def consents(frame, **more):
    """Consents in the library of the frame, of customers of another kind."""
    made = {"customer_id": [17, 18], "purpose": ["mail", "mail"], "granted": [True, False], **more}
    if isinstance(frame, pd.DataFrame):
        return pd.DataFrame(made)
    return (
        pl.DataFrame(made) if isinstance(frame, pl.DataFrame) else made if isinstance(frame, dict) else pa.table(made)
    )


CALLS = {
    "find_pii": dq.find_pii,
    "find_pii, a sample": lambda frame: dq.find_pii(frame, sample=1, minimum_confidence=0.0),
    "find_pii, wrong confidence": lambda frame: dq.find_pii(frame, minimum_confidence=2),
    "mask": dq.mask,
    "mask x": lambda frame: dq.mask(frame, "x"),
    "mask as a phone": lambda frame: dq.mask(frame, {"x": "phone"}),
    "mask as nothing": lambda frame: dq.mask(frame, {"x": "shoe"}),
    "mask what is not there": lambda frame: dq.mask(frame, ["x", "y"]),
    "pseudonymize": lambda frame: dq.pseudonymize(frame, ["x", "customer_id"], KEY),
    "pseudonymize, a short key": lambda frame: dq.pseudonymize(frame, "x", "short"),
    "pseudonymize, no length": lambda frame: dq.pseudonymize(frame, "x", KEY, length=3),
    "anonymity": lambda frame: dq.anonymity(frame, "x"),
    "anonymity, sensitive": lambda frame: dq.anonymity(frame, "k", "x"),
    "anonymity, both": lambda frame: dq.anonymity(frame, "x", "x"),
    "anonymity, another population": lambda frame: dq.anonymity(frame, "customer_id", population=consents(frame)),
    "generalize by width": lambda frame: dq.generalize(frame, {"x": {"width": 10}}),
    "generalize by a tiny width": lambda frame: dq.generalize(frame, {"x": {"width": 1e-300}}),
    "generalize by cuts": lambda frame: dq.generalize(frame, {"x": {"cuts": [0, 5]}}),
    "generalize by top": lambda frame: dq.generalize(frame, {"x": {"top": 5}}),
    "generalize by bottom": lambda frame: dq.generalize(frame, {"x": {"bottom": -5, "top": 5}}),
    "generalize by prefix": lambda frame: dq.generalize(frame, {"x": {"prefix": 0}}),
    "generalize by period": lambda frame: dq.generalize(frame, {"x": {"period": "D"}}),
    "generalize by quarters": lambda frame: dq.generalize(frame, {"x": {"period": "Q"}}),
    "generalize by groups": lambda frame: dq.generalize(frame, {"x": {"groups": {"a": "b"}}}),
    "generalize by nothing": lambda frame: dq.generalize(frame, {"x": {"shoe": 1}}),
    "consent in a column": lambda frame: dq.respect_consent(frame, "mail", consent="x"),
    "consent nowhere": lambda frame: dq.respect_consent(frame, "mail"),
    "consents": lambda frame: dq.respect_consent(frame, "mail", consents=consents(frame)),
    "consents from then on": lambda frame: dq.respect_consent(
        frame, "mail", consents=consents(frame, **{"from": ["2143-07-19", SECRET]}), as_of="2024-01-01"
    ),
    "consents granted by words": lambda frame: dq.respect_consent(
        frame, "mail", consents=consents(frame, granted=[SECRET, "yes"])
    ),
    "consents of the table": lambda frame: dq.respect_consent(frame, "mail", consents=frame),
    "retention": lambda frame: dq.retention(frame, "x", "1Y", as_of="2024-01-01"),
    "retention of all": lambda frame: dq.retention(frame, "x", "1Y", as_of="2024-01-01", missing_time="drop"),
    "retention in no zone": lambda frame: dq.retention(frame, "x", "Y", as_of="2024-01-01", missing_time="keep"),
    "suppress_small_cells": lambda frame: dq.suppress_small_cells(frame, "x"),
    "suppress_small_cells by": lambda frame: dq.suppress_small_cells(frame, "k", by="x"),
    "suppress_small_cells, repeated": lambda frame: dq.suppress_small_cells(frame, "k", by="same"),
    "suppress_small_cells also": lambda frame: dq.suppress_small_cells(frame, "k", by="k2", also="x"),
}


def what_is_shown(call, frame):
    """All text that reaches a log by itself: the traceback with causes, the error's data, warnings; or the result."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = call(frame)
        except CustvalError as error:
            # the lines of this file are no part of it
            chain = "".join(traceback.TracebackException.from_exception(error, limit=0).format())
            found = [chain, str(error), repr(error), str(error.to_dict())]
    texts = [str(warning.message) for warning in caught]
    if isinstance(found, list):
        return [*texts, *found]
    if hasattr(found, "to_dict") and hasattr(found, "_repr_html_") and type(found).__module__.startswith("custval"):
        log = getattr(found, "log", None)
        return [*texts, repr(found), str(found), found._repr_html_(), "" if log is None else str(log)]
    return texts


def shown_of(shape, role):
    values = SHAPES[shape]
    columns = {"customer_id": ["a", "b", "c", "d"], "k": [1, 20, 30, 40], "k2": list("abcd"), "same": ["s"] * 4}
    columns |= {"x": values, role: values}
    for library, make in LIBRARIES.items():
        try:
            frame = make(columns)
        except CANNOT_HOLD:
            continue
        yield library, frame


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_value_of_a_cell_is_shown(name, shape):
    for role in ("x", "customer_id") if "consent" in name else ("x",):
        for library, frame in shown_of(shape, role):
            for text in what_is_shown(CALLS[name], frame):
                for secret in SHOWN:
                    assert secret not in text, (library, role)


def test_what_is_looked_for_would_be_found():
    def leaking(frame):
        try:
            {}[SECRET]
        except KeyError as error:
            raise CustvalError("quiet") from error

    assert any(SECRET in text for text in what_is_shown(leaking, None))
