"""Pseudonyms against HMAC written out, and the same in every library and process."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import subprocess
import sys
import unicodedata
from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import pseudonymize
from custval.data_quality import pseudonyms as module
from custval.errors import ColumnError, CustvalError, DataError

KEY = b"0123456789abcdef"


def by_hand(text, key=KEY, space="", length=32):
    message = b"custval.pseudonym.1\x00" + space.encode() + b"\x00" + text.encode("utf-8", "surrogatepass")
    inner = bytes(b ^ 0x36 for b in key.ljust(64, b"\0"))
    outer = bytes(b ^ 0x5C for b in key.ljust(64, b"\0"))
    return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).hexdigest()[:length]


def test_by_hand_is_hmac():
    message = b"custval.pseudonym.1\x00\x00x"
    assert by_hand("x", length=64) == hmac.new(KEY, message, hashlib.sha256).hexdigest()


# frozen: pseudonyms that stand in somebody's tables must come out again in every later version
GOLDEN = {
    "7": "7e053f0f97bef70c42e851ac3284ba63",
    "李雷": "ff3f54595cde4e0639e17d26cb9997ce",
    "2024-01-31": "d2e3af89335752aa83683697b1a01f7e",
    "jürgen@example.com": "4f9363afb6aa55917912ebdd8ea9bff9",
}


@pytest.mark.parametrize("text", GOLDEN)
def test_golden_values(text):
    assert pseudonymize({"c": [text]}, "c", KEY)["c"] == [GOLDEN[text]]


def test_every_library_gives_the_same(frame_library, to_lists):
    frame = frame_library(
        {
            "id": [7, None, 8, 7],
            "name": ["Jürgen", "李雷", None, "Jürgen"],
            "born": [dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 12, 30, 5, 250_000), None, None],
            "share": [0.1, 2.0, -0.0, None],
            "agreed": [True, False, True, False],
            "other": ["a", "b", "c", None],
        }
    )
    columns = to_lists(pseudonymize(frame, ["id", "name", "born", "share", "agreed"], KEY))
    columns = {
        name: [None if value is None or value != value else value for value in values]  # noqa: PLR0124
        for name, values in columns.items()
    }
    texts = {
        "id": ["7", None, "8", "7"],
        "name": ["Jürgen", "李雷", None, "Jürgen"],
        "born": ["2024-01-31", "2024-01-31T12:30:05.25", None, None],
        "share": ["0.1", "2", "0", None],
        "agreed": ["true", "false", "true", "false"],
    }
    for name, values in texts.items():
        assert columns[name] == [None if text is None else by_hand(text) for text in values]
    assert columns["other"] == ["a", "b", "c", None]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pd.Series([7], dtype="int8"), "7"),
        (pd.Series([7.0]), "7"),
        (pd.Series(["7"]), "7"),
        (pd.Series(["7"], dtype="category"), "7"),
        (pd.Series([Decimal("7.00")], dtype=object), "7"),
        (pd.Series([Decimal("7.50")], dtype=object), "7.5"),
        (pd.Series([7, "x"], dtype=object), "7"),
        (pd.Series([1e300]), str(int(1e300))),
        (pd.Series([1e22]), "1" + "0" * 22),
        (pd.Series([10**22], dtype=object), "1" + "0" * 22),
        (pd.Series([2.0**63]), "9223372036854775808"),
        (pd.Series([2**63], dtype="uint64"), "9223372036854775808"),
        (pd.Series([-(2.0**63)]), "-9223372036854775808"),
        (pd.Series([2.0**63 - 1024]), "9223372036854774784"),
        (pd.Series([np.float32(2.0**70)], dtype="float32"), str(2**70)),
        (pd.Series([1e-7]), "1e-07"),
        (pd.Series([dt.date(2024, 1, 31)], dtype=object), "2024-01-31"),
        (pd.Series(pd.to_datetime(["2024-01-31"])).astype("M8[ns]"), "2024-01-31"),
        (pd.Series(pd.to_datetime(["2024-01-31"]).tz_localize("Asia/Shanghai")), "2024-01-30T16:00:00Z"),
        (pd.Series([dt.date(9999, 12, 31)], dtype=object), "9999-12-31"),
        (pd.Series(["e\u0301"]), "\u00e9"),
        (pd.Series(["\ud800"], dtype=object), "\ud800"),
    ],
)
def test_one_value_one_text(values, text):
    assert pseudonymize(pd.DataFrame({"c": values}), "c", KEY)["c"][0] == by_hand(text)


@given(st.lists(st.none() | st.text(max_size=6), max_size=15), st.binary(min_size=16, max_size=80))
def test_any_text(values, key):
    frame = pd.DataFrame({"c": pd.Series(values, dtype=object)})
    before = frame.copy()
    found = pseudonymize(frame, "c", key, length=20)["c"].tolist()
    hashed = key if len(key) <= 64 else hashlib.sha256(key).digest()
    for value, pseudonym in zip(values, found, strict=True):
        if value is None:
            assert pd.isna(pseudonym)
        else:
            assert pseudonym == by_hand(unicodedata.normalize("NFC", value), hashed, length=20)
    pd.testing.assert_frame_equal(frame, before)


def test_joins_survive_and_columns_can_be_kept_apart():
    frame = pd.DataFrame({"buyer": ["a", "b"], "payer": ["b", "b"]})
    shared = pseudonymize(frame, ["buyer", "payer"], KEY)
    assert shared["buyer"][1] == shared["payer"][0]
    apart = pseudonymize(frame, ["buyer", "payer"], KEY, by_column=True, prefix="p_", length=64)
    assert apart["buyer"][1] == "p_" + by_hand("b", space="buyer", length=64)
    assert apart["payer"][1] == "p_" + by_hand("b", space="payer", length=64)


@pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800"])
def test_names_of_columns_that_cannot_be_spaces(name):
    frame = pd.DataFrame([["secret", "x"]], columns=pd.Index([name, "b"], dtype=object))
    with pytest.raises(ColumnError, match="by_column") as caught:
        pseudonymize(frame, [name], KEY, by_column=True)
    assert "secret" not in str(caught.value.to_dict())


def test_shared_pseudonyms_do_not_depend_on_the_name_of_the_column():
    assert pseudonymize({"a\0b": ["c"]}, "a\0b", KEY) == {"a\0b": [by_hand("c")]}


@given(st.integers(-(2**200), 2**200).map(float))
def test_whole_floats_and_whole_numbers_are_one(value):
    frame = {"c": pd.Series([value]), "d": pd.Series([int(value)], dtype=object)}
    found = pseudonymize(pd.DataFrame(frame), ["c", "d"], KEY)
    assert found["c"][0] == found["d"][0] == by_hand(str(int(value)))


def test_text_and_bytes_are_one_key_and_others_are_others():
    frame = {"c": ["a"]}
    assert pseudonymize(frame, "c", KEY.decode()) == pseudonymize(frame, "c", KEY)
    assert pseudonymize(frame, "c", KEY + b"!") != pseudonymize(frame, "c", KEY)


def test_another_process_gives_the_same():
    code = f"import custval as cv; print(cv.data_quality.pseudonymize({{'c': ['李雷']}}, 'c', {KEY!r})['c'][0])"
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == by_hand("李雷")


@pytest.mark.parametrize("key", [b"", "short", b"hidden-fifteen!", 12345678901234567890, None])
def test_keys_that_are_refused(key):
    with pytest.raises(CustvalError) as caught:
        pseudonymize({"c": ["a"]}, "c", key)
    assert caught.value.code == "key"
    for shown in ("hidden", "12345678901234567890"):
        assert shown not in str(caught.value.to_dict())


def test_what_is_refused():
    for wrong in ({"length": 15}, {"length": 65}, {"prefix": 3}, {"by_column": "yes"}):
        with pytest.raises(CustvalError):
            pseudonymize({"c": ["a"]}, "c", KEY, **wrong)
    with pytest.raises(ColumnError) as caught:
        pseudonymize(pd.DataFrame({"c": [["secret"]]}), "c", KEY)
    assert "secret" not in str(caught.value)
    pl = pytest.importorskip("polars")
    with pytest.raises(DataError, match="lazy"):
        pseudonymize(pl.LazyFrame({"c": ["a"]}), "c", KEY)


def test_a_collision_is_refused(monkeypatch):
    monkeypatch.setattr(module, "_pseudonyms", lambda texts, *_: ["same"] * len(texts))
    with pytest.raises(DataError) as caught:
        pseudonymize({"c": ["secret-1", "secret-2"]}, "c", KEY)
    assert caught.value.count == 1
    assert "secret" not in str(caught.value)


def test_no_rows_and_all_null(frame_library):
    frame = frame_library({"c": [None, None]})
    assert (
        nw.from_native(
            pd.DataFrame(pseudonymize(frame, "c", KEY)) if isinstance(frame, dict) else pseudonymize(frame, "c", KEY)
        )["c"]
        .is_null()
        .all()
    )
    empty = pd.DataFrame({"c": np.zeros(0)})
    assert len(pseudonymize(empty, "c", KEY)) == 0
