"""Rule sets for the canonical tables: a start to add to, with `+`."""

from __future__ import annotations

from custval.data_quality._rule import RuleSet
from custval.data_quality.rules import expression, in_range, not_in_future, not_null, unique
from custval.typing import Instant

__all__ = ["transactions"]

_MANY_UNITS = 10_000


def transactions(as_of: Instant | None = None) -> RuleSet:
    """What the lines of a transactions table must keep; rules on optional columns hold where these are.

    Errors: customer and time are known, the time is not in the future, the amount is known and finite, no line
    repeats an earlier one in all columns. Warnings: quantities are not zero and within ±10,000; unit prices, costs
    and discounts are not negative; quantity and amount have the same sign.

    Parameters
    ----------
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import presets, validate
    >>> lines = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann", None, "bob"],
    ...         "timestamp": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...         "amount": [10.0, 5.0, None],
    ...     }
    ... )
    >>> validate(lines, presets.transactions()).rejected["rejection_reasons"].tolist()
    ['not_null(customer_id)', 'not_null(amount)']
    """
    return RuleSet(
        (
            not_null("customer_id"),
            not_null("timestamp"),
            not_in_future("timestamp", as_of),
            not_null("amount", optional=True),
            in_range("amount", name="amount is finite", optional=True),
            unique(keep="first", name="no exact duplicates"),
            expression("quantity != 0", severity="warning", optional=True),
            in_range("quantity", -_MANY_UNITS, _MANY_UNITS, severity="warning", optional=True),
            in_range("unit_price", 0, severity="warning", optional=True),
            in_range("cost", 0, severity="warning", optional=True),
            in_range("discount", 0, severity="warning", optional=True),
            expression("quantity * amount >= 0", severity="warning", optional=True),
        ),
        door="transactions",
    )
