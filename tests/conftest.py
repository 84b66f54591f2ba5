"""What all tests share: the frame libraries, the real data, and how Hypothesis runs."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import narwhals.stable.v2 as nw
import pandas as pd
import pytest

os.environ.setdefault("MPLBACKEND", "agg")

# no deadline: the machines that run this are shared; the same examples in every run of the continuous integration
hypothesis.settings.register_profile(
    "custval",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("quick", parent=hypothesis.settings.get_profile("custval"), max_examples=20)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "custval"))

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    skip = pytest.mark.skip(reason=f"the public data sets are not in {REAL_DATA}")
    for item in items:
        if item.path.is_relative_to(here / "real"):
            item.add_marker(pytest.mark.real)
            if not REAL_DATA.is_dir():
                item.add_marker(skip)


@pytest.fixture(scope="session")
def real_data():
    """The folder of public data sets beside the checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the public data sets are not in {REAL_DATA}")
    return REAL_DATA


def _pandas(columns):
    return pd.DataFrame(columns)


def _pandas_object(columns):
    # text as it was before pandas 3
    frame = pd.DataFrame(columns)
    texts = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name].dtype)]
    return frame.astype(dict.fromkeys(texts, object))


def _pandas_nullable(columns):
    return pd.DataFrame(columns).convert_dtypes()


def _pandas_arrow(columns):
    pytest.importorskip("pyarrow")
    return pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow")


def _polars(columns):
    return pytest.importorskip("polars").DataFrame(columns)


def _pyarrow(columns):
    return pytest.importorskip("pyarrow").table(columns)


def _dict(columns):
    return {name: list(values) for name, values in columns.items()}


FRAME_LIBRARIES = {
    "pandas": _pandas,
    "pandas-object": _pandas_object,
    "pandas-nullable": _pandas_nullable,
    "pandas-arrow": _pandas_arrow,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "dict": _dict,
}


@pytest.fixture(params=FRAME_LIBRARIES)
def frame_library(request):
    """A constructor of frames, once for every library: takes a mapping of column names to lists."""
    return FRAME_LIBRARIES[request.param]


@pytest.fixture(scope="session")
def to_lists():
    """The way back, whatever the library: a mapping of column names to lists, nulls as None."""

    def convert(frame):
        if isinstance(frame, dict):
            return {name: list(values) for name, values in frame.items()}
        return nw.from_native(frame, eager_only=True).to_dict(as_series=False)

    return convert
