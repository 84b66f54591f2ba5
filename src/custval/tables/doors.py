"""The five doors: name the columns once and have them checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from custval._check import number
from custval._frame import LazyTable, Table, examples, numbers, nw
from custval.errors import CustvalError, DataError
from custval.tables._columns_in_engine import refuse_off_scale
from custval.tables._plan import door
from custval.typing import IntoFrame

__all__ = ["contracts", "customers", "events", "responses", "transactions"]


def transactions(
    frame: IntoFrame,
    *,
    customer: str | None = None,
    timestamp: str | None = None,
    amount: str | None = None,
    unit_price: str | None = None,
    quantity: str | None = None,
    order: str | None = None,
    product: str | None = None,
    category: str | None = None,
    discount: str | None = None,
    cost: str | None = None,
    channel: str | None = None,
    currency: str | None = None,
    country: str | None = None,
    region: str | None = None,
    format: str | Mapping[str, str] | None = None,  # noqa: A002
    check: bool = True,
) -> Any:
    """Name the columns of a table of purchases, one row per line.

    Every parameter but the last two names the column that serves; one that has its canonical name already needs no
    mention. All rows and all other columns stay as they are.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table, mapping of column names to sequences, or lazy frame
    customer : str, optional
        Becomes `customer_id`, required: text, whole numbers or categories; floats that are whole numbers become
        integers. Nulls stay.
    timestamp : str, optional
        Becomes `timestamp`, required: times, dates, or text that is ISO 8601 or has a `format`. Nulls stay.
    amount, unit_price, quantity, discount, cost : str, optional
        Numbers; decimals become float64. Without an amount, `amount` = `unit_price` × `quantity` is added where both
        are there, null where either is null.
    order, product : str, optional
        Become `order_id` and `product_id`; floats that are whole numbers become integers.
    category, channel, currency, country, region : str, optional
        Columns of any type.
    format : str or mapping of column to str, optional
        How text (or numbers such as 19970101) are to be read as times, in the letters of `strptime`.
    check : bool
        For lazy frames: whether values are looked at now where types do not say it all, in one small aggregate.

    Returns
    -------
    frame of the library that came in
        The same rows in the same order, the named columns renamed in their places.

    Raises
    ------
    ColumnError
        If a column is missing, named twice, in the way of another's new name, or of a type that cannot serve.
    DataError
        If values cannot serve: fractions as identifiers, unreadable dates, mixed time zones or types.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> lines = pd.DataFrame(
    ...     {
    ...         "CustomerID": [17850.0, None],
    ...         "InvoiceDate": ["2010-12-01", "2010-12-02"],
    ...         "Price": [2.5, 4.0],
    ...         "Qty": [6, 1],
    ...     }
    ... )
    >>> cv.transactions(lines, customer="CustomerID", timestamp="InvoiceDate", unit_price="Price", quantity="Qty")
      customer_id  timestamp  unit_price  quantity  amount
    0       17850 2010-12-01         2.5         6    15.0
    1        <NA> 2010-12-02         4.0         1     4.0
    """
    entrance = door("transactions", locals())
    entrance.require("customer_id", "timestamp")
    result: Any = entrance.through(format, check=check)
    if "amount" not in result and "unit_price" in result and "quantity" in result:
        if isinstance(result, LazyTable):
            result.refuse_twins([*result.columns, "amount"])
        price, count = (nw.col(name).cast(nw.Float64) for name in ("unit_price", "quantity"))
        return result.leave(result.frame.with_columns(amount=price * count))
    return result.leave(result.frame)


def contracts(
    frame: IntoFrame,
    *,
    customer: str | None = None,
    duration: str | None = None,
    observed: str | None = None,
    started_at: str | None = None,
    ended_at: str | None = None,
    price: str | None = None,
    plan: str | None = None,
    weight: str | None = None,
    true_values: Iterable[Any] | None = None,
    format: str | Mapping[str, str] | None = None,  # noqa: A002
    check: bool = True,
) -> Any:
    """Name the columns of a table of contracts or subscriptions, one row per contract.

    Every parameter but the last three names the column that serves; one that has its canonical name already needs no
    mention. All rows and all other columns stay as they are.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table, mapping of column names to sequences, or lazy frame
    customer : str, optional
        Becomes `customer_id`, required: text, whole numbers or categories; floats that are whole numbers become
        integers. Nulls stay.
    duration, observed : str, optional
        How long the contract lasted or has lasted so far, and whether its end was seen; or, instead,
    started_at, ended_at : str, optional
        its first day and the first day without it (null: still running).
    price, weight : str, optional
        Numbers; decimals become float64.
    plan : str, optional
        A column of any type.
    true_values : sequence, optional
        The values of `observed` that mean true, such as ("Yes", 1); all others then mean false, but for those that
        differ from one of these in case or blanks alone. Not needed for booleans, 0 and 1.
    format : str or mapping of column to str, optional
        How text (or numbers such as 19970101) are to be read as times, in the letters of `strptime`.
    check : bool
        For lazy frames: whether values are looked at now where types do not say it all, in one small aggregate.

    Returns
    -------
    frame of the library that came in
        The same rows in the same order, the named columns renamed in their places, `observed` as booleans.

    Raises
    ------
    ColumnError
        If a column is missing, named twice, in the way of another's new name, or of a type that cannot serve; or if
        there is neither a duration with its flag nor a pair of dates.
    DataError
        If values cannot serve: fractions as identifiers, unreadable dates, flags that are neither true nor false.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> telco = pd.DataFrame({"customerID": ["7590", "5575"], "tenure": [1, 34], "Churn": ["Yes", "No"]})
    >>> cv.contracts(telco, customer="customerID", duration="tenure", observed="Churn", true_values=["Yes"])
      customer_id  duration  observed
    0        7590         1      True
    1        5575        34     False
    """
    entrance = door("contracts", locals())
    entrance.require("customer_id")
    entrance.require_any(
        [("duration", "observed"), ("started_at", "ended_at")],
        "how long each contract lasted (duration) and whether its end was seen (observed), or its first day "
        "(started_at) and the first day without it (ended_at; null: still running)",
    )
    result: Any = entrance.through(format, flags=_true_values(true_values), check=check)
    return result.leave(result.frame)


def customers(
    frame: IntoFrame,
    *,
    customer: str | None = None,
    record: str | None = None,
    source: str | None = None,
    name: str | None = None,
    given_name: str | None = None,
    family_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    city: str | None = None,
    region: str | None = None,
    country: str | None = None,
    postcode: str | None = None,
    birth_date: str | None = None,
    gender: str | None = None,
    id_number: str | None = None,
    acquired_at: str | None = None,
    acquisition_channel: str | None = None,
    acquisition_cost: str | None = None,
    consent: str | None = None,
    format: str | Mapping[str, str] | None = None,  # noqa: A002
    check: bool = True,
) -> Any:
    """Name the columns of a table of customers, one row per customer, or per record before identities are resolved.

    Every parameter but the last two names the column that serves; one that has its canonical name already needs no
    mention. All rows and all other columns stay as they are.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table, mapping of column names to sequences, or lazy frame
    customer, record : str, optional
        Become `customer_id` and `record_id`, at least one of them required: text, whole numbers or categories;
        floats that are whole numbers become integers. Nulls stay.
    source : str, optional
        The system a record comes from.
    name, given_name, family_name, email, phone, gender, id_number, consent : str, optional
        Columns of any type.
    address, city, region, country, postcode, acquisition_channel : str, optional
        Columns of any type.
    birth_date, acquired_at : str, optional
        Times, dates, or text that is ISO 8601 or has a `format`. Nulls stay.
    acquisition_cost : str, optional
        Numbers; decimals become float64.
    format : str or mapping of column to str, optional
        How text (or numbers such as 19970101) are to be read as times, in the letters of `strptime`.
    check : bool
        For lazy frames: whether values are looked at now where types do not say it all, in one small aggregate.

    Returns
    -------
    frame of the library that came in
        The same rows in the same order, the named columns renamed in their places.

    Raises
    ------
    ColumnError
        If a column is missing, named twice, in the way of another's new name, or of a type that cannot serve.
    DataError
        If values cannot serve: fractions as identifiers, unreadable dates, mixed time zones or types.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> crm = pd.DataFrame({"id": [7, 8], "town": ["Bonn", "Rome"], "born": ["31.12.1980", "01.02.1990"]})
    >>> cv.customers(crm, customer="id", city="town", birth_date="born", format="%d.%m.%Y")
       customer_id  city birth_date
    0            7  Bonn 1980-12-31
    1            8  Rome 1990-02-01
    """
    entrance = door("customers", locals())
    entrance.require_any(
        [("customer_id",), ("record_id",)],
        "who each row is (customer_id), or before identities are resolved which record it is (record_id)",
    )
    result: Any = entrance.through(format, check=check)
    return result.leave(result.frame)


def events(
    frame: IntoFrame,
    *,
    customer: str | None = None,
    timestamp: str | None = None,
    event: str | None = None,
    channel: str | None = None,
    value: str | None = None,
    session: str | None = None,
    sequence: str | None = None,
    format: str | Mapping[str, str] | None = None,  # noqa: A002
    check: bool = True,
) -> Any:
    """Name the columns of a table of events or touchpoints, one row per event.

    Every parameter but the last two names the column that serves; one that has its canonical name already needs no
    mention. All rows and all other columns stay as they are.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table, mapping of column names to sequences, or lazy frame
    customer : str, optional
        Becomes `customer_id`, required: text, whole numbers or categories; floats that are whole numbers become
        integers. Nulls stay.
    timestamp : str, optional
        Becomes `timestamp`, required: times, dates, or text that is ISO 8601 or has a `format`. Nulls stay.
    event : str, optional
        What happened, required; of any type.
    channel : str, optional
        A column of any type.
    value, sequence : str, optional
        Numbers; decimals become float64. `sequence` orders events of the same time.
    session : str, optional
        Becomes `session_id`; floats that are whole numbers become integers.
    format : str or mapping of column to str, optional
        How text (or numbers such as 19970101) are to be read as times, in the letters of `strptime`.
    check : bool
        For lazy frames: whether values are looked at now where types do not say it all, in one small aggregate.

    Returns
    -------
    frame of the library that came in
        The same rows in the same order, the named columns renamed in their places.

    Raises
    ------
    ColumnError
        If a column is missing, named twice, in the way of another's new name, or of a type that cannot serve.
    DataError
        If values cannot serve: fractions as identifiers, unreadable dates, mixed time zones or types.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> log = pd.DataFrame(
    ...     {"user": ["u1", "u1"], "at": ["2024-03-01T10:00", "2024-03-01T10:05"], "what": ["visit", "buy"]}
    ... )
    >>> cv.events(log, customer="user", timestamp="at", event="what")
      customer_id           timestamp  event
    0          u1 2024-03-01 10:00:00  visit
    1          u1 2024-03-01 10:05:00    buy
    """
    entrance = door("events", locals())
    entrance.require("customer_id", "timestamp", "event")
    result: Any = entrance.through(format, check=check)
    return result.leave(result.frame)


def responses(
    frame: IntoFrame,
    *,
    score: str | None = None,
    items: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    customer: str | None = None,
    timestamp: str | None = None,
    comment: str | None = None,
    weight: str | None = None,
    format: str | Mapping[str, str] | None = None,  # noqa: A002
    check: bool = True,
) -> Any:
    """Name the columns of a table of survey answers, one row per answer sheet.

    Parameters that name a column may be left out where it has its canonical name already. All rows and all other
    columns stay as they are.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table, mapping of column names to sequences, or lazy frame
    score : str, optional
        The column of the one answer, numbers; required unless there are `items`. Nulls stay.
    items : sequence of str, optional
        Columns of ratings, numbers; they keep their names. Nulls stay.
    scale : (float, float), optional
        The lowest and the highest answer that can be given; answers off this scale raise. Not checked if not given.
    customer : str, optional
        Becomes `customer_id`: text, whole numbers or categories; floats that are whole numbers become integers.
    timestamp : str, optional
        Becomes `timestamp`: times, dates, or text that is ISO 8601 or has a `format`. Nulls stay.
    comment : str, optional
        A column of any type.
    weight : str, optional
        Numbers; decimals become float64.
    format : str or mapping of column to str, optional
        How text (or numbers such as 19970101) are to be read as times, in the letters of `strptime`.
    check : bool
        For lazy frames: whether values are looked at now where types do not say it all, in one small aggregate.

    Returns
    -------
    frame of the library that came in
        The same rows in the same order, the named columns renamed in their places.

    Raises
    ------
    ColumnError
        If a column is missing, named twice, in the way of another's new name, or of a type that cannot serve.
    DataError
        If values cannot serve: answers off the scale, fractions as identifiers, unreadable dates.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"id": [1, 2], "REC": [9, None], "Q1": [4, 5]})
    >>> cv.responses(survey, customer="id", score="REC", items=["Q1"], scale=(0, 10))
       customer_id  score  Q1
    0            1    9.0   4
    1            2    NaN   5
    """
    entrance = door("responses", locals())
    if not entrance.items:
        entrance.require_any([("score",)], "the answer (score), or the columns of several ratings: items=[…]")
    result: Any = entrance.through(format, check=check)
    if scale is not None:
        low, high = _scale(scale)
        answers = {name: entrance.source.get(name, name) for name in (*entrance.items, "score") if name in result}
        if not isinstance(result, LazyTable):
            for column, said in answers.items():
                _check_scale(result, column, said, low, high)
        elif check:
            refuse_off_scale(result, answers, low, high)
    return result.leave(result.frame)


def _true_values(values: Any) -> tuple[Any, ...]:
    if values is None:
        return ()
    return (values,) if isinstance(values, (str, int, float)) else tuple(values)


def _scale(scale: Any) -> tuple[float, float]:
    try:
        low, high = scale
    except (TypeError, ValueError):
        raise CustvalError(
            f"scale must be the lowest and the highest answer, such as (0, 10); got {scale!r}",
            suggestion="scale=(0, 10)",
        ) from None
    low, high = number(low, "the low end of scale"), number(high, "the high end of scale")
    if low >= high:
        raise CustvalError(f"scale must run from the lowest to the highest answer; got {scale!r}")
    return low, high


def _check_scale(table: Table, column: str, said: str, low: float, high: float) -> None:
    values = numbers(table, column, missing=True)
    off = (values < low) | (values > high)
    if off.any():
        found = np.unique(values[off])
        shown = ", ".join(f"{value:g}" for value in found[:5]) + (" …" if len(found) > 5 else "")
        rows = examples(off)
        raise DataError(
            f"{table.what}: {np.count_nonzero(off):,} answers in column {said!r} lie off the scale from {low:g} to "
            f"{high:g}: {shown} (rows {', '.join(map(str, rows))}{' …' if np.count_nonzero(off) > len(rows) else ''}); "
            "give the scale that was asked, and set codes for no answer to null",
            column=said,
            count=int(np.count_nonzero(off)),
            suggestion="give the scale that was asked, and set codes for no answer to null",
            code="off_scale",
            examples=rows,
        )
