"""CDNOW and the donations against the text of their own files."""

import datetime as dt
import importlib.util
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from custval.datasets import load_cdnow, load_donations
from custval.errors import CustvalError


def shipped_lines(name):
    (folder,) = importlib.util.find_spec("lifetimes").submodule_search_locations
    return (Path(folder) / "datasets" / name).read_text(encoding="ascii").splitlines()


def as_rows(frame):
    return [tuple(row) for row in frame.itertuples(index=False)]


def plain_row(customer, day, quantity, amount):
    return int(customer), dt.datetime.strptime(day, "%Y%m%d"), int(quantity), float(amount)


def test_the_full_cdnow_is_the_file():
    frame = load_cdnow()
    wanted = [plain_row(*line.split()) for line in shipped_lines("CDNOW_master.txt")[1:]]
    assert len(wanted) == 69_659
    assert as_rows(frame) == wanted
    assert frame["customer_id"].nunique() == 23_570
    assert (frame["timestamp"].min(), frame["timestamp"].max()) == (pd.Timestamp(1997, 1, 1), pd.Timestamp(1998, 6, 30))


def test_the_sample_is_the_file():
    frame = load_cdnow(sample=True)
    split = [line.split() for line in shipped_lines("CDNOW_sample.txt")]
    assert len(split) == 6_919
    assert as_rows(frame) == [plain_row(customer, *rest) for customer, _, *rest in split]
    assert frame["customer_id"].nunique() == len({number for _, number, *_ in split}) == 2_357


def test_the_sample_is_part_of_the_full_data():
    full, sample = load_cdnow(), load_cdnow(sample=True)
    same_customers = full[full["customer_id"].isin(sample["customer_id"])]
    assert sorted(as_rows(same_customers)) == sorted(as_rows(sample))


def test_the_donations_are_the_file():
    frame = load_donations()
    assert list(frame.columns) == ["frequency", "recency", "T", "weight"]
    assert as_rows(frame) == [tuple(map(int, line.split(","))) for line in shipped_lines("donations.csv")[1:]]
    assert frame["weight"].sum() == 11_104


def test_the_types():
    kinds = {name: dtype.kind for name, dtype in load_cdnow(sample=True).dtypes.items()}
    assert kinds == {"customer_id": "i", "timestamp": "M", "quantity": "i", "amount": "f"}
    assert {dtype.kind for dtype in load_donations().dtypes} == {"i"}


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_libraries_hold_the_same(library, to_lists):
    module = pytest.importorskip(library)
    for load in (lambda **how: load_cdnow(sample=True, **how), load_donations):
        frame = load(library=library)
        assert type(frame).__module__.split(".")[0] == module.__name__
        assert to_lists(frame) == to_lists(load())


def test_bad_arguments_raise():
    with pytest.raises(CustvalError, match="sample must be True or False; got 'yes'"):
        load_cdnow("yes")
    with pytest.raises(
        CustvalError, match="library must be one of 'pandas', 'polars', 'pyarrow'; got 'polar'"
    ) as caught:
        load_donations(library="polar")
    assert caught.value.suggestion == "library='polars'"


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_a_library_that_is_not_installed_is_named():
    said = run(
        "import sys; sys.modules['polars'] = None\n"
        "from custval.datasets import load_donations; from custval.errors import CustvalError\n"
        "try: load_donations(library='polars')\n"
        "except CustvalError as error: print(error, '|', error.suggestion)"
    )
    assert said == (
        "library='polars' needs the package polars, which is not installed; try: pip install polars "
        "| pip install polars"
    )


@pytest.mark.parametrize("without", ["package", "file"])
def test_without_lifetimes_the_error_says_what_to_install(without, monkeypatch, tmp_path):
    spec = None
    if without == "file":
        spec = importlib.util.spec_from_loader("lifetimes", loader=None, is_package=True)
        spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    for load in (load_cdnow, load_donations):
        with pytest.raises(CustvalError, match="comes with the package lifetimes") as caught:
            load()
        assert caught.value.code == "dataset"
        assert caught.value.suggestion == "pip install 'lifetimes>=0.11.3'"


def test_lifetimes_itself_is_not_imported():
    said = run(
        "import sys; from custval.datasets import load_cdnow, load_donations; load_cdnow(); load_donations(); "
        "print('lifetimes' in sys.modules)"
    )
    assert said == "False"
