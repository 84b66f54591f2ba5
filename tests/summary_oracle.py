"""The summaries in plain Python, row by row, as the definitions read: slow and obvious."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import math

DAYS = {"h": 1 / 24, "D": 1.0, "W": 7.0, "M": 30.436875, "Y": 365.2425}


def period(moment, grain):
    """A number that grows by one from one period to the next."""
    if grain == "h":
        return moment.toordinal() * 24 + moment.hour
    if grain == "D":
        return moment.toordinal()
    if grain == "W":
        monday = moment.date() - dt.timedelta(days=moment.weekday())
        return monday.toordinal() // 7
    if grain == "M":
        return moment.year * 12 + moment.month
    return moment.year


def factor(grain, unit):
    return 1.0 if grain == unit else DAYS[grain] / DAYS[unit]


def end_of(until):
    """The last moment of an `until`: a bare date means the whole day."""
    if isinstance(until, dt.datetime):
        return until
    return dt.datetime.combine(until, dt.time.max)


def customers_of(lines):
    by_customer = {}
    for line in lines:
        by_customer.setdefault(line["customer_id"], []).append(line)
    return sorted(by_customer.items())


def occasions_of(lines, grain):
    """Period → money, for the periods with a line of positive amount."""
    positive = {period(line["timestamp"], grain) for line in lines if line.get("amount", 1.0) > 0}
    return {
        number: sum(line.get("amount", 1.0) for line in lines if period(line["timestamp"], grain) == number)
        for number in sorted(positive)
    }


def summarize(lines, grain="D", unit=None, until=None):
    unit = unit or grain
    end = end_of(until) if until is not None else max((line["timestamp"] for line in lines), default=None)
    lines = [line for line in lines if line["timestamp"] <= end]
    rows = []
    for customer, own in customers_of(lines):
        occasions = occasions_of(own, grain)
        if not occasions:
            continue
        numbers = list(occasions)
        makes = [line for line in own if line.get("amount", 1.0) > 0]
        repeat = [occasions[number] for number in numbers[1:]]
        scale = factor(grain, unit)
        named = [line.get("order_id") for line in makes]
        rows.append(
            {
                "customer_id": customer,
                "frequency": len(repeat),
                "recency": (numbers[-1] - numbers[0]) * scale,
                "T": (period(end, grain) - numbers[0]) * scale,
                "monetary_value": sum(repeat) / len(repeat) if repeat else 0.0,
                "orders": len({name for name in named if name is not None}) + sum(name is None for name in named),
                "total_amount": sum(line.get("amount", 1.0) for line in own),
                "time_since_last": (period(end, grain) - numbers[-1]) * scale,
                "first_purchase": min(line["timestamp"] for line in makes),
                "last_purchase": max(line["timestamp"] for line in makes),
                "unit": unit,
                "sum_log_intervals": sum(math.log((b - a) * scale) for a, b in itertools.pairwise(numbers)),
            }
        )
    return rows


def calibration_holdout(lines, calibration_end, holdout_end=None, grain="D", unit=None):
    unit = unit or grain
    rows = summarize(lines, grain, unit, calibration_end)
    split = period(end_of(calibration_end), grain)
    last = end_of(holdout_end) if holdout_end is not None else max(line["timestamp"] for line in lines)
    held = [line for line in lines if period(line["timestamp"], grain) > split and line["timestamp"] <= last]
    for row in rows:
        money = occasions_of([line for line in held if line["customer_id"] == row["customer_id"]], grain)
        row["holdout_frequency"] = len(money)
        row["holdout_T"] = (period(last, grain) - split) * factor(grain, unit)
        row["holdout_monetary_value"] = sum(money.values()) / len(money) if money else 0.0
    return rows


def add_months(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def anniversary(start, k, unit):
    """The day on which `k` periods from `start` are complete."""
    if unit in {"D", "W"}:
        return start + dt.timedelta(days=k * (1 if unit == "D" else 7))
    return add_months(start, k * (12 if unit == "Y" else 1))


def contract(start, end, unit, until):
    """(duration, observed) of one contract, or None if it starts after `until`."""
    if start > until:
        return None
    k = 0
    if end is not None and end <= until:
        while anniversary(start, k, unit) < end:
            k += 1
        return max(1, k), True
    while anniversary(start, k + 1, unit) <= until:
        k += 1
    return k, False
