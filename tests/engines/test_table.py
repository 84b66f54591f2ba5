"""The table of the documentation: which function runs in which engine, and how many rows come to Python."""

import os
import re
import sys
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval import data_quality
from custval.data_quality import presets, rules
from custval.errors import CustvalError

sys.path.insert(0, str(Path(__file__).parent))
from table_calls import CALLS, FITTED, GROUPS, RULES, SCORER

PAGE = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
TITLES = {"polars": "polars", "duckdb": "DuckDB", "pyspark": "PySpark", "ibis": "Ibis"}
WAYS = {"polars": "frame.collect()", "duckdb": "relation.df()", "pyspark": "toPandas()", "ibis": "to_pandas()"}
# each has a row per engine and kind of call, so the table names no result classes, rule sets and single numbers
NO_FRAME_COMES_IN = {"identity_numbers", "presets", "rules", "validate"}


@pytest.fixture(scope="module")
def tables(some_lines):
    lines = pd.DataFrame(some_lines(8_000)).assign(city="Bonn")
    lines["amount"] = lines["amount"].abs() + 0.01
    days = np.array(["2024-01-01", "2024-02-01"], dtype="M8[us]")
    made = {
        "lines": lines,
        "contracts": pd.DataFrame({"customer_id": [1, 2], "duration": [1, 2], "observed": [True, False]}),
        "people": pd.DataFrame({"customer_id": [1, 2], "acquired_at": days}),
        "events": pd.DataFrame({"customer_id": [1, 2], "timestamp": days, "event": ["visit", "buy"]}),
        "answers": pd.DataFrame({"score": [9, 4]}),
    }
    # `line` is the key of rules
    return {name: table.assign(line=range(len(table))) for name, table in made.items()} | {
        "summary": cv.summarize(lines)
    }


def _outcome(engine, name, call, frame, rows):
    rows.clear()
    try:
        answer = call(engine.lazy(frame))
    except CustvalError as error:
        return "collect" if "collect it first" in str(error) else f"fails: {error}"
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
        _write(written)


def test_what_reads_eager_frames_names_the_way_out(engine, tables):
    written, way = _written(), re.escape(WAYS[engine.name])
    eager = [name for name in CALLS if written[name][TITLES[engine.name]] == "collect"]
    assert len(eager) > 20
    for name in eager:
        table, call = CALLS[name]
        with pytest.raises(CustvalError, match=f"{way}|refunds='drop'") as raised:
            call(engine.lazy(tables[table].head(5)))
        assert raised.value.code == "lazy", name


def test_every_ability_of_data_quality_has_a_row():
    assert {rule.check for rule in RULES} == {name for name in rules.__all__ if name != "Rule"}
    assert {f"presets.{name}" for name in presets.__all__} <= set(CALLS)
    functions = {name for name in data_quality.__all__ if name[0].islower()} | {"Imputer"}
    called = {re.split(r"[.(]", name)[0] for name in CALLS}
    assert functions - NO_FRAME_COMES_IN <= called


_BLOCK = re.compile(r"(<!-- table: begin -->\n)(.*?)(<!-- table: end -->)", re.DOTALL)


def _written():
    found = {}
    for line in _BLOCK.search(PAGE.read_text())[2].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| function"):
            titles = cells[1:]
        elif line.startswith("| `"):
            found[cells[0].strip("`")] = dict(zip(titles, cells[1:], strict=True))
    return found


def _write(table):
    titles = list(TITLES.values())
    head = [f"| function | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    blocks = []
    for group, calls in GROUPS.items():
        rows = [f"| `{name}` | {' | '.join(table[name].get(title, '') for title in titles)} |" for name in calls]
        blocks.append("\n".join([f"**{group}**", "", *head, *rows]))
    text = "\n\n".join(blocks)
    PAGE.write_text(_BLOCK.sub(lambda found: f"{found[1]}\n{text}\n\n{found[3]}", PAGE.read_text()))
