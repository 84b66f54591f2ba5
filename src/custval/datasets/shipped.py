"""CDNOW and the donations, read from the files that the package `lifetimes` ships.

The files are found by path: importing `lifetimes` warns and changes an option of pandas for the whole program.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import flag
from custval._frame import new_frame
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["load_cdnow", "load_donations"]


def load_cdnow(sample: bool = False, *, library: str = "pandas") -> Any:  # noqa: FBT001, FBT002
    """CDNOW: what 23,570 people who first bought music there in early 1997 bought until mid-1998.

    Parameters
    ----------
    sample : bool, default False
        The 1/10 sample that the literature uses, with the customers' numbers of the full data: 6,919 purchases
        of 2,357 customers.
    library : {"pandas", "polars", "pyarrow"}

    Returns
    -------
    frame
        69,659 purchases from 1997-01-01 to 1998-06-30: `customer_id`, `timestamp` (a day), `quantity` (CDs),
        `amount` (US dollars; 80 purchases of 0.00). Purchases of one customer on one day are separate rows.

    Raises
    ------
    CustvalError
        If `lifetimes`, which ships the file, is not installed.

    References
    ----------
    Fader, P. S., & Hardie, B. G. S. (2001). Forecasting repeat sales at CDNOW: A case study. Interfaces, 31(3),
    S94-S107.

    Examples
    --------
    >>> from custval.datasets import load_cdnow
    >>> load_cdnow(sample=True).head(3)
       customer_id  timestamp  quantity  amount
    0            4 1997-01-01         2   29.33
    1            4 1997-01-18         2   29.73
    2            4 1997-08-02         1   14.96
    """
    if flag(sample, "sample"):
        customer, _, day, quantity, amount = _read("CDNOW_sample.txt")
    else:
        customer, day, quantity, amount = _read("CDNOW_master.txt", skiprows=1)
    columns = {
        "customer_id": customer.astype(np.int64),
        "timestamp": _days(day.astype(np.int64)),
        "quantity": quantity.astype(np.int64),
        "amount": amount,
    }
    return new_frame(columns, library)


def load_donations(*, library: str = "pandas") -> Any:
    """Yearly donations: 11,104 people who first gave in 1995, and whether they gave in each year to 2001.

    Parameters
    ----------
    library : {"pandas", "polars", "pyarrow"}

    Returns
    -------
    frame
        22 patterns of giving: `frequency` (years with a gift), `recency` (the last of them; 0: none),
        `T` (opportunities to give: 6), `weight` (how many people).

    Raises
    ------
    CustvalError
        If `lifetimes`, which ships the file, is not installed.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., & Shang, J. (2010). Customer-base analysis in a discrete-time noncontractual
    setting. Marketing Science, 29(6), 1086-1108, Table 2.

    Examples
    --------
    >>> from custval.datasets import load_donations
    >>> donations = load_donations()
    >>> donations.tail(1)
        frequency  recency  T  weight
    21          6        6  6    1203
    >>> int(donations["weight"].sum())
    11104
    """
    table = _read("donations.csv", skiprows=1, delimiter=",").astype(np.int64)
    return new_frame(dict(zip(("frequency", "recency", "T", "weight"), table, strict=True)), library)


def _read(name: str, *, skiprows: int = 0, delimiter: str | None = None) -> FloatArray:
    """The columns of a file of numbers."""
    return np.loadtxt(_shipped(name), skiprows=skiprows, delimiter=delimiter, unpack=True)


def _shipped(name: str) -> Path:
    # the spec of a top-level package is found without importing it
    package = importlib.util.find_spec("lifetimes")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / "datasets" / name
        if path.is_file():
            return path
    raise CustvalError(
        f"{name} comes with the package lifetimes, which is not installed here or lacks the file",
        suggestion="pip install 'lifetimes>=0.11.3'",
        code="dataset",
    )


def _days(yyyymmdd: NDArray[np.int64]) -> NDArray[Any]:
    """Days written as one number, such as 19970101."""
    months = (yyyymmdd // 10_000 - 1970) * 12 + yyyymmdd // 100 % 100 - 1
    days: NDArray[Any] = months.astype("M8[M]").astype("M8[D]") + (yyyymmdd % 100 - 1).astype("m8[D]")
    return days.astype("M8[us]")
