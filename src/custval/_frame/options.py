"""What importing other libraries changes in pandas for the whole program, undone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["unchanged_pandas"]

_CHAINED = "mode.chained_assignment"


@contextmanager
def unchanged_pandas() -> Iterator[None]:
    """Import something that warns and changes pandas' option of chained assignment, and leave no trace of both."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = pd.get_option(_CHAINED)
        try:
            yield
        finally:
            pd.set_option(_CHAINED, before)
