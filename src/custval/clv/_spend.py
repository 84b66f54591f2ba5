"""Mean spend as a summary has it: read, and who of the customers tells something of the spend to come."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, numbers
from custval._result import Account
from custval.clv._summary import refuse_broken_frequency
from custval.typing import FloatArray

__all__ = ["SPEND_HOW", "account_of", "account_of_counts", "informs", "seen", "spend_columns"]

SPEND_HOW = "custval.summarize of transactions with amount makes them"

BoolArray: TypeAlias = NDArray[np.bool_]


def spend_columns(table: Table) -> tuple[FloatArray, FloatArray]:
    """Frequency and mean spend of each customer; a mean may be anything."""
    table.require("frequency", "monetary_value", hint=SPEND_HOW)
    x, m = numbers(table, "frequency"), numbers(table, "monetary_value")
    refuse_broken_frequency(x)
    return x, m


def informs(x: FloatArray, m: FloatArray) -> BoolArray:
    """Which customers have a mean spend that tells of the next one: a positive one, of repeat occasions."""
    told: BoolArray = (x > 0) & (m > 0)
    return told


def seen(x: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Frequency and mean spend where they inform, else 0."""
    told = informs(x, m)
    return x * told, np.where(told, m, 0.0)


def account_of(x: FloatArray, m: FloatArray) -> Account:
    """How many customers inform, and why the others do not."""
    repeat, told = int((x > 0).sum()), int(informs(x, m).sum())
    return account_of_counts(told, len(x) - repeat, repeat - told)


def account_of_counts(informing: int, without_repeat: int, not_positive: int) -> Account:
    """The same of customers who were counted elsewhere."""
    return Account(
        rows_in=informing + without_repeat + not_positive,
        rows_out=informing,
        set_aside={"no repeat occasion": without_repeat, "mean spend not positive": not_positive},
    )
