"""Consent and retention in every library, against going through the records one by one."""

from __future__ import annotations

import datetime as dt
import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import respect_consent, retention
from custval.errors import ColumnError, CustvalError, DataError

PEOPLE = {"customer_id": [1, 2, 3, 4, 5, 1], "email": list("abcdea"), "income": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
DAY = dt.datetime
CONSENTS = {
    "customer_id": [1, 2, 2, 3, 4, 9],
    "purpose": ["ads", "ads", "ads", "research", "ads", "ads"],
    "granted": [True, True, False, True, True, True],
    "from": [DAY(2023, 1, 1), DAY(2023, 1, 1), DAY(2024, 2, 1), DAY(2023, 1, 1), DAY(2023, 5, 1), DAY(2023, 1, 1)],
    "until": [None, None, None, None, DAY(2024, 6, 29), None],
}


def left(result):
    """The rows left out, by the reasons that any row has."""
    return {reason: rows for reason, rows in result.account.set_aside.items() if rows}


def test_a_table_of_consents(frame_library, to_lists):
    found = respect_consent(
        frame_library(PEOPLE), "ads", consents=frame_library(CONSENTS), purposes={"ads": ["email"]}, as_of="2024-06-30"
    )
    assert to_lists(found.frame) == {"customer_id": [1, 1], "email": ["a", "a"]}
    assert left(found) == {"withdrawn": 1, "expired": 1, "unknown": 2}
    assert list(found.account.set_aside) == ["unknown", "no consent", "withdrawn", "expired", "not yet"]
    assert found.basis == "the consents"
    assert found.columns_removed == ("income",)
    earlier = respect_consent(
        frame_library(PEOPLE), "ads", consents=frame_library(CONSENTS), as_of=dt.datetime(2023, 3, 1)
    )
    assert to_lists(earlier.frame)["customer_id"] == [1, 2, 1]
    assert left(earlier) == {"not yet": 1, "unknown": 2}
    # the last day counts as a whole
    last = respect_consent(frame_library(PEOPLE), "ads", consents=frame_library(CONSENTS), as_of="2024-06-29")
    assert 4 in to_lists(last.frame)["customer_id"]


@pytest.mark.parametrize("column", ["ads", "consent_ads"])
def test_a_column_of_consents(frame_library, to_lists, column):
    frame = frame_library({"customer_id": [1, 2, 3], column: [True, False, None], "x": [1, 2, 3]})
    found = respect_consent(frame, "ads")
    assert to_lists(found.frame)["x"] == [1]
    assert left(found) == {"unknown": 1, "no consent": 1}
    assert found.basis == f"column {column!r}"
    named = respect_consent(frame, "anything", consent=column, purposes={"anything": []})
    assert to_lists(named.frame) == {"customer_id": [1]}
    assert named.basis == f"column {column!r}, which names no purpose"


def test_a_general_consent_must_be_named(frame_library, to_lists):
    frame = frame_library(
        {"customer_id": [1, 2, 3], "consent": [True, False, None], "consent_email": [False, True, True]}
    )
    for purpose in ("emial", "sell to third parties", "research"):
        with pytest.raises(ColumnError, match="names no purpose") as caught:
            respect_consent(frame, purpose)
        assert ("did you mean 'email'" in str(caught.value)) == (purpose == "emial")
    assert to_lists(respect_consent(frame, "email").frame)["customer_id"] == [2, 3]
    general = respect_consent(frame, "research", consent="consent")
    assert to_lists(general.frame)["customer_id"] == [1]
    assert general.basis == "column 'consent', which names no purpose"
    assert dict(general.account.set_aside) == {"unknown": 1, "no general consent": 1}
    assert general.to_dict()["basis"] == general.basis


def test_a_purpose_that_no_record_has(frame_library, to_lists):
    people, consents = frame_library(PEOPLE), frame_library(CONSENTS)
    with pytest.raises(CustvalError, match="'ads', 'research'; got 'add'; did you mean 'ads'"):
        respect_consent(people, "add", consents=consents, as_of="2024-06-30")
    # a purpose that is planned, and that nobody was asked for, is known to be none
    planned = respect_consent(people, "print", consents=consents, purposes={"print": []}, as_of="2024-06-30")
    assert left(planned) == {"unknown": 6}
    nothing = {"customer_id": [], "purpose": [], "granted": []}
    assert left(respect_consent({"customer_id": [1]}, "ads", consents=nothing | {"customer_id": [1][:0]})) == {
        "unknown": 1
    }
    with pytest.raises(DataError, match="1 of 2"):
        respect_consent(
            {"customer_id": [1]},
            "ads",
            consents={"customer_id": [1, 1], "purpose": ["ads", None], "granted": [True, True]},
        )


def test_the_money_is_accounted_for(frame_library, to_lists):
    frame = frame_library(
        {
            "t": [DAY(2020, 1, 1), DAY(2024, 1, 1), None, DAY(2024, 2, 1)],
            "amount": [0.1, 0.2, None, 1e15],
            "ads": [True, False, None, True],
        }
    )
    found = respect_consent(frame, "ads", purposes={"ads": ["t"]}).account
    assert (found.amount_in, found.amount_out) == (math.fsum([0.1, 0.2, 1e15]), math.fsum([0.1, 1e15]))
    assert dict(found.amount_set_aside) == {"unknown": 0.0, "no consent": 0.2}
    kept = retention(frame, "t", "1Y", as_of="2024-06-30", missing_time="drop")
    assert dict(kept.account.amount_set_aside) == {"older than 1Y": 0.1, "no time": 0.0}
    assert kept.account.amount_out == math.fsum([0.2, 1e15])
    removed = to_lists(kept.removed)
    assert (removed["row"], removed["reason"]) == ([0, 2], ["older than 1Y", "no time"])
    for name in ("row", "reason"):
        with pytest.raises(ColumnError, match=f"{name!r} already"):
            retention({"t": [DAY(2024, 1, 1)], name: ["x"]}, "t", "1Y", as_of="2024-06-30")


RECORD = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["ads", "other"]),
    st.sampled_from([True, False, None]),
    st.none() | st.integers(1, 20),
    st.none() | st.integers(1, 20),
)


def slow(customer, records, day):
    """The answer for one customer, from the records in turn."""
    own = [r for r in records if r[0] == customer and r[1] == "ads"]
    begun = [r for r in own if r[3] is None or r[3] <= day]
    if not own:
        return "unknown"
    if not begun:
        return "not yet"
    latest = max(r[3] or 0 for r in begun)
    last = [r for r in begun if (r[3] or 0) == latest]
    answers = [r[2] for r in last]
    if None in answers:
        return "unknown"
    if False in answers:
        return "withdrawn" if any(r[2] is True for r in begun) else "no consent"
    return "expired" if last[-1][4] is not None and last[-1][4] < day else None


@given(st.lists(RECORD, max_size=12), st.integers(1, 20))
def test_against_going_through_the_records(records, day):
    def when(number):
        return None if number is None else dt.datetime(2024, 1, number)

    consents = pd.DataFrame(
        {
            "customer_id": pd.Series([r[0] for r in records], dtype="int64"),
            "purpose": pd.Series([r[1] for r in records], dtype=object),
            "granted": pd.Series([r[2] for r in records], dtype="boolean"),
            "from": pd.Series([when(r[3]) for r in records], dtype="M8[us]"),
            "until": pd.Series([when(r[4]) for r in records], dtype="M8[us]"),
        }
    )
    people = pd.DataFrame({"customer_id": [3, 0, 1, 2, 0]})
    found = respect_consent(people, "ads", consents=consents, purposes={"ads": []}, as_of=f"2024-01-{day:02d}")
    answers = [slow(customer, records, day) for customer in people["customer_id"]]
    assert found.frame["customer_id"].tolist() == [
        c for c, answer in zip(people["customer_id"], answers, strict=True) if answer is None
    ]
    reasons = [answer for answer in answers if answer is not None]
    assert left(found) == {reason: reasons.count(reason) for reason in set(reasons)}


def _state(as_of, **columns):
    """Why customer 1 is left out, or None."""
    n = len(next(iter(columns.values())))
    consents = pd.DataFrame({"customer_id": [1] * n, "purpose": ["ads"] * n, "granted": [True] * n} | columns)
    found = respect_consent(pd.DataFrame({"customer_id": [1]}), "ads", consents=consents, as_of=as_of)
    return next(iter(left(found)), None)


def test_bounds_of_different_zones_are_instants():
    bounds = {
        "from": pd.DatetimeIndex(["2024-06-30 10:00"]).tz_localize("America/New_York"),  # 14:00Z
        "until": pd.DatetimeIndex(["2024-12-31 12:00"]).tz_localize("UTC"),
    }
    assert _state("2024-06-30T12:00:00+00:00", **bounds) == "not yet"
    assert _state("2024-06-30T13:59:59Z", **bounds) == "not yet"
    assert _state("2024-06-30T14:00:00Z", **bounds) is None
    assert _state(dt.datetime(2024, 12, 31, 12, tzinfo=dt.UTC), **bounds) is None
    assert _state("2024-12-31T12:00:01Z", **bounds) == "expired"
    # a time without a zone is read on the clock of each column
    assert _state("2024-06-30T09:59", **bounds) == "not yet"
    assert _state("2024-06-30T10:00", **bounds) is None


def test_the_repeated_hour_of_autumn():
    when = pd.DatetimeIndex(["2024-10-27 00:50", "2024-10-27 01:10"], tz="UTC").tz_convert("Europe/Berlin")
    columns = {"granted": [True, False], "from": when}
    assert _state("2024-10-28", **columns) == "withdrawn"
    assert _state("2024-10-27T01:05:00Z", **columns) is None
    assert _state("2024-10-27T01:10:00Z", **columns) == "withdrawn"
    assert _state("2024-10-27T00:49:00Z", **columns) == "not yet"


def test_until_a_day_holds_all_day_whatever_the_other_rows_say():
    people = pd.DataFrame({"customer_id": [1, 2]})
    consents = pd.DataFrame({"customer_id": [1, 2], "purpose": "ads", "granted": True})
    consents["until"] = pd.to_datetime(["2024-06-30 00:00", "2024-06-30 12:00"])
    for zone in (None, "Europe/Berlin"):
        records = consents.assign(until=consents["until"].dt.tz_localize(zone))
        for rows in (records, records[:1]):
            found = respect_consent(people, "ads", consents=rows, as_of="2024-06-30T18:00")
            assert found.frame["customer_id"].tolist() == [1]
            assert respect_consent(people, "ads", consents=rows, as_of="2024-07-01").frame.empty
    # the day on which clocks go back has 25 hours
    until = pd.DatetimeIndex(["2024-10-27"]).tz_localize("Europe/Berlin")
    assert _state("2024-10-27T22:59:59Z", until=until) is None
    assert _state("2024-10-27T23:00:00Z", until=until) == "expired"


def test_without_dates_no_day_is_needed():
    consents = {"customer_id": [1, 1], "purpose": ["ads", "ads"], "granted": [True, False]}
    found = respect_consent({"customer_id": [1, 2]}, "ads", consents=consents)
    assert left(found) == {"withdrawn": 1, "unknown": 1}
    with pytest.raises(CustvalError, match="as_of is needed"):
        respect_consent({"customer_id": [1]}, "ads", consents=consents | {"from": [None, None]})


def test_what_is_refused_shows_nobody():
    people = pd.DataFrame({"customer_id": ["secret-1", "secret-2"], "consent": ["secret-yes", "no"]})
    table = pd.DataFrame({"customer_id": [1], "purpose": ["ads"], "granted": [True]})
    for frame, kwargs in (
        (people, {}),
        (people, {"consent": "consent"}),
        (people, {"consents": table}),
        (people, {"consents": {"customer_id": ["secret-1"], "purpose": ["ads"], "granted": [True]}}),
        (people, {"consents": table.assign(granted="secret-yes", customer_id="secret-1")}),
        (
            people,
            {"consents": table.assign(**{"from": "secret-day", "customer_id": "secret-1"}), "as_of": "2024-01-01"},
        ),
        (people, {"consents": table.drop(columns="granted")}),
        (people, {"consents": table, "consent": "consent"}),
        (people[["customer_id"]], {}),
        (people, {"purposes": {"research": []}}),
        (people, {"purposes": {"ads": "email"}}),
        (people, {"purposes": ["ads"]}),
        (people[["consent"]], {"purposes": {"ads": ["email"]}}),
        (pd.DataFrame({"customer_id": ["secret", None]}), {"consents": table.assign(customer_id="secret")}),
    ):
        with pytest.raises(CustvalError) as caught:
            respect_consent(frame, "ads", **kwargs)
        assert "secret" not in str(caught.value.to_dict())
    with pytest.raises(CustvalError):
        respect_consent(people, "")


def test_the_results_show_nobody():
    found = respect_consent({"customer_id": ["secret"], "consent": [True]}, "ads", consent="consent")
    kept = retention({"day": [DAY(2024, 1, 1)], "who": ["secret"]}, "day", "1Y", as_of="2024-02-01")
    for result in (found, kept):
        assert "secret" not in repr(result) + result._repr_html_()
        assert "secret" in json.dumps(result.to_dict())
        assert result.to_frame() is result.frame


def test_retention(frame_library, to_lists):
    frame = frame_library(
        {"t": [DAY(2020, 5, 1), DAY(2021, 12, 30, 23, 59), DAY(2021, 12, 31), None], "x": [1, 2, 3, 4]}
    )
    with pytest.raises(DataError, match="1 of 4"):
        retention(frame, "t", "3Y", as_of="2024-12-31")
    kept = retention(frame, "t", "3Y", as_of="2024-12-31", missing_time="keep")
    assert to_lists(kept.frame)["x"] == [3, 4]
    assert to_lists(kept.removed)["x"] == [1, 2]
    assert left(kept) == {"older than 3Y": 2}
    dropped = retention(frame, "t", "30D", as_of=dt.datetime(2022, 1, 30, 12), missing_time="drop")
    assert to_lists(dropped.frame)["x"] == []
    assert left(dropped) == {"older than 30D": 3, "no time": 1}


@pytest.mark.parametrize(
    ("keep", "as_of", "limit"),
    [
        ("1M", "2024-03-31", "2024-02-29T00:00:00"),
        ("1Y", "2024-02-29", "2023-02-28T00:00:00"),
        ("2W", "2024-01-15", "2024-01-01T00:00:00"),
        ("12h", "2024-01-15T18:00", "2024-01-15T06:00:00"),
    ],
)
def test_calendar_periods(keep, as_of, limit):
    assert retention({"t": [DAY(2024, 1, 1)]}, "t", keep, as_of=as_of).limit == limit


def test_retention_refuses():
    with pytest.raises(ColumnError) as caught:
        retention({"t": ["secret"]}, "t", "1Y", as_of="2024-01-01")
    assert "secret" not in str(caught.value)
    for kwargs in ({"keep": "long"}, {"keep": "0D"}, {"missing_time": "?"}, {"as_of": "soon"}):
        with pytest.raises(CustvalError):
            retention({"t": [DAY(2024, 1, 1)]}, "t", **({"keep": "1Y", "as_of": "2024-01-01"} | kwargs))
