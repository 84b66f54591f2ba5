"""One table per customer from what the rooms say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._check import moment
from custval._frame import Table, enter, examples, labels, nw, stamps
from custval.errors import DataError
from custval.strategy._answers import DIMENSIONS, Answer, answers
from custval.strategy._bands import Bands, value_bands, wanted_bands
from custval.typing import FloatArray, Instant, IntoFrame

__all__ = ["customer_view"]


def customer_view(
    customers: IntoFrame,
    *,
    as_of: Instant,
    stage: Any = None,
    value: Any = None,
    satisfaction: Any = None,
    churn: Any = None,
    segment: Any = None,
    bands: Any = None,
) -> Any:
    """One row per customer: stage, value, satisfaction, risk of churn and segment, side by side.

    Parameters
    ----------
    customers : frame
        With `customer_id`, one row per customer. Every row stays, in its order.
    as_of : date or time
        The day that the view is of; it comes back as a column. A frame that carries dates of its own (`stage_since`,
        `answered_at`, `cutoff`) must not know of later ones.
    stage, value, satisfaction, churn, segment : frame or pair of frame and str, optional
        Frames of the same library with `customer_id`, one row per customer, and a column with the answer: `stage`;
        `clv`; `satisfaction`; `churn_probability`; one of `rfm_segment`, `tier`, `cluster`, `segment`. Any other
        column by a pair such as `(frame, "expected_spend")`.
    bands : mapping, optional
        Under "value", "satisfaction" or "churn" two increasing cuts between low, medium and high, or a pair of cuts
        and names, `([50, 500, 5000], ["low", "medium", "high", "top"])`. A number equal to a cut takes the lower band.
        Without them: value by thirds of the customers whose value is known (type 7 quantiles); churn at .3 and .6;
        satisfaction by the column `satisfaction_band` of its frame, and no band if there is none, since a scale is
        never guessed.

    Returns
    -------
    frame of the library that came in
        `customer_id, stage, value, value_band, satisfaction, satisfaction_band, churn_probability, risk_band,
        segment, missing, as_of`. What is not known is null. `missing` names the dimensions, among all five and
        whether or not they were given, that are not known of a customer, such as "satisfaction" or "stage, value";
        it is empty where all are known.

    Raises
    ------
    ColumnError
        If the column of a dimension is not there or more than one could be meant, or if `customer_id` is text in one
        frame and a number in another.
    DataError
        If a customer stands twice in a frame, a probability is none, or a frame knows of dates after `as_of`.
    CustvalError
        If the frames are of different libraries, or `bands` are none.

    Warns
    -----
    CustvalWarning
        If a frame has customers who are not in `customers`: how many. They have no row.

    Examples
    --------
    >>> from custval.strategy import customer_view
    >>> customers = {"customer_id": ["a", "b", "c"]}
    >>> stages = {"customer_id": ["a", "b"], "stage": ["new", "mature"]}
    >>> values = {"customer_id": ["a", "b", "c"], "clv": [10.0, 500.0, 90.0]}
    >>> view = customer_view(customers, as_of="2024-06-30", stage=stages, value=values)
    >>> view["stage"], view["value_band"]
    (['new', 'mature', None], ['low', 'high', 'medium'])
    >>> view["missing"][1:]
    ['satisfaction, churn, segment', 'stage, satisfaction, churn, segment']
    """
    end = moment(as_of, "as_of")
    wanted = wanted_bands(bands)
    table = enter(customers, "customers")
    table.require("customer_id", door="customers")
    given = {"stage": stage, "value": value, "satisfaction": satisfaction, "churn": churn, "segment": segment}
    found = answers(table, given, end)
    worth, content, risk = (found[name].numbers() for name in ("value", "satisfaction", "churn"))
    _refuse_other_than_probabilities(risk, found["churn"])
    band = found["satisfaction"].band
    if band is None or "satisfaction" in wanted:
        band = _band(table, content, wanted.get("satisfaction"))
    return table.make(
        {
            "customer_id": table["customer_id"],
            "stage": found["stage"].series,
            "value": found["value"].series,
            "value_band": _band(table, worth, wanted.get("value") or value_bands(worth)),
            "satisfaction": found["satisfaction"].series,
            "satisfaction_band": band,
            "churn_probability": found["churn"].series,
            "risk_band": _band(table, risk, wanted["churn"]),
            "segment": found["segment"].series,
            "missing": _missing(table, found),
            "as_of": stamps("as_of", np.full(len(table), end.stamp), None, table.frame.implementation),
        }
    )


def _band(table: Table, values: FloatArray, bands: Bands | None) -> nw.Series[Any]:
    if bands is None:
        return labels(table, "band", np.full(len(table), -1), [])
    return labels(table, "band", bands.number(values), bands.names)


def _refuse_other_than_probabilities(values: FloatArray, churn: Answer) -> None:
    wrong = (values < 0) | (values > 1)
    count = int(wrong.sum())
    if count:
        rows = examples(wrong)
        raise DataError(
            f"churn: column {churn.series.name!r} must hold probabilities from 0 to 1; {count:,} customers have "
            f"others, such as {values[rows[0]]:g}",
            column=churn.series.name,
            count=count,
            suggestion="give the column of probabilities: churn=(frame, 'churn_probability')",
            code="probability",
            examples=rows,
        )


def _missing(table: Table, found: Mapping[str, Answer]) -> nw.Series[Any]:
    code = np.zeros(len(table), dtype=np.int64)
    for bit, name in enumerate(DIMENSIONS):
        code += (~found[name].known).astype(np.int64) << bit
    texts = [
        ", ".join(name for bit, name in enumerate(DIMENSIONS) if combination >> bit & 1)
        for combination in range(1 << len(DIMENSIONS))
    ]
    return labels(table, "missing", code, texts)
