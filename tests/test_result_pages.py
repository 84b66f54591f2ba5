"""The page of a result that has none of its own: what sums it up first, long tables folded, numbers rounded."""

from __future__ import annotations

import dataclasses
import json
import pickle
from html.parser import HTMLParser
from typing import Any

import pandas as pd

from custval._result import Account, Result
from custval.data_quality import clean_transactions, rules, validate


class Balanced(HTMLParser):
    """Tags that are opened and closed, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the parser gives them
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


@dataclasses.dataclass(frozen=True, slots=True)
class Answer(Result):
    share: float
    table: Any
    empty: Any
    counts: dict
    summary: Any
    account: Account


def test_the_summary_comes_first_and_long_tables_are_folded():
    long = pd.DataFrame({"customer_id": range(12_340, 12_375), "value": [15.299999999999999] * 35})
    account = Account(3, 2, {"gone": 1}, 3.0, 2.0, {"gone": 1.0})
    summary = pd.DataFrame({"<rule>": ["a"], "n": [1234]})
    page = Answer(0.123456, long, long.head(0), {"one": 1, "two": None}, summary, account)._repr_html_()
    texts = Balanced(page).texts
    assert page.startswith("<style>")
    assert "overflow-x:auto" in page
    places = [texts.index(text) for text in ("summary", "account", "counts", "table (35)")]
    assert places == sorted(places)
    assert page.count("<details>") == 1
    assert "… 25 more in .table" in texts
    assert texts.count("15.3") == 10
    assert "12340" in texts
    assert {"<rule>", "1,234", "0.1235", "none", "− gone"} <= set(texts)
    assert "15.299" not in page


def test_pages_of_cleaning_and_validation():
    lines = pd.DataFrame(
        {
            "customer_id": [1, 1, 1, 2, 2],
            "timestamp": pd.date_range("2024-01-01", periods=5),
            "quantity": [3, -1, 1, -2, 5],
            "amount": [15.3, -5.1, 5.0, -8.0, 9.0],
        }
    )
    cleaned = clean_transactions(lines)
    assert Balanced(cleaned._repr_html_()).texts
    shown = str(cleaned.account)
    assert "− refunded in part (1 changed)" in shown
    assert "  of them unmatched refunds                  1               -8.00" in shown
    assert cleaned.account.kept == {"unmatched refunds": (1, -8.0)}
    assert cleaned.account.changed == {"refunded in part": 1}
    assert pickle.loads(pickle.dumps(cleaned.account)) == cleaned.account  # noqa: S301 - just pickled
    assert json.loads(json.dumps(cleaned.account.to_dict()))["kept"] == {"unmatched refunds": [1, -8.0]}
    assert clean_transactions(lines, unmatched_refunds="drop").account.kept == {}
    found = validate(lines, [rules.in_range("amount", low=0)])
    page = found._repr_html_()
    Balanced(page)
    assert page.index("<h5>summary") < page.index("<h5>account") < page.index("<h5>failures")


def test_an_account_as_a_table():
    frame = Account(10, 7, {"x": 3, "y": 0}, 5.0, 4.0, {"x": 0.5, "z": 0.5}).to_frame()
    assert frame["reason"].tolist() == ["rows in", "x", "y", "z", "rows out"]
    assert frame["rows"].tolist() == [10, 3, 0, 0, 7]
    assert frame["amount"].tolist() == [5.0, 0.5, 0.0, 0.5, 4.0]
    assert Account(10, 7, {"x": 3}).to_frame()["amount"].isna().all()


def test_long_reasons_are_cut_in_the_middle():
    reason = "unique(" + ", ".join(f"column_{n}" for n in range(40)) + ")"
    line = str(Account(3, 2, {reason: 1})).split("\n")[1]
    assert len(line) < 80
    assert line.startswith("  − unique(column_0")
    assert " … " in line
    assert "column_39)" in line
