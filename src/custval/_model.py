"""What every fitted thing shares: its envelope as data, and `load`, which opens one."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from custval import errors
from custval._frame import Table, examples, numbers
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray

__all__ = [
    "check_fitted",
    "envelope",
    "load",
    "open_envelope",
    "refuse_odd_total",
    "refuse_other_unit",
    "sample_weights",
]

_SCHEMA = 1
# customers that weights may stand for: curvatures of a likelihood are told from 0 by their absolute size
_FEWEST, _MOST = 1e-3, 1e15
_ROOMS = frozenset({"data_quality", "segmentation", "lifecycle", "clv", "strategy"})


def check_fitted(model: Any, attribute: str) -> None:
    """Raise scikit-learn's `NotFittedError` if `model` has not learned `attribute` yet."""
    if not hasattr(model, attribute):
        raise errors.NotFittedError(
            f"this {type(model).__name__} is not fitted yet: call fit(X) first, or build it with from_params or load"
        )


def sample_weights(table: Table, sample_weight: Any) -> FloatArray | None:
    """Weights of the rows, from an array or a column name: finite, at least 0, not all 0; None if none are given."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, str):
        table.require(sample_weight)
        weight = numbers(table, sample_weight)
    else:
        weight = _plain_numbers(sample_weight)
    if weight.shape != (len(table),):
        raise DataError(
            f"sample_weight must have one value per row, shape ({len(table)},); got shape {weight.shape}",
            code="weight",
        )
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any() or (len(weight) and not weight.any()):
        raise DataError(
            f"sample_weight must be finite, at least 0, and not 0 throughout; {int(bad.sum())} values are not",
            count=int(bad.sum()),
            code="weight",
            examples=examples(bad),
        )
    refuse_odd_total(weight)
    return weight


def _plain_numbers(sample_weight: Any) -> FloatArray:
    try:
        weight = np.asarray(sample_weight)
        # numpy would take the real part of a complex number, and the ticks of a time
        if weight.dtype.kind in "biufO":
            return weight.astype(np.float64)
    except (OverflowError, TypeError, ValueError):
        pass
    raise CustvalError(
        f"sample_weight must be numbers or the name of a column; got {type(sample_weight).__name__}", code="weight"
    )


def refuse_odd_total(weight: FloatArray) -> None:
    """Raise if weights stand for so few or so many customers that a fit could not tell its maximum."""
    with np.errstate(over="ignore"):
        total = float(weight.sum())
    if weight.size and not _FEWEST <= total <= _MOST:
        raise DataError(
            f"sample_weight says how many customers each row stands for; the sum must lie between {_FEWEST:g} and "
            f"{_MOST:g}, and is {total:g}",
            suggestion="multiply all weights by one number, such as the number of rows over their sum",
            code="weight",
        )


def refuse_other_unit(there: str | None, own: str | None, why: str) -> None:
    """Raise if data count time in another unit than a fitted thing does, where both are known."""
    if there is not None and own is not None and there != own:
        raise DataError(
            f"the data count time in {there!r}, and {why}",
            column="unit",
            suggestion=f"summarize(…, unit={own!r})",
            code="unit",
        )


def kind_of(cls: type) -> str:
    """The name under which a class is kept in an envelope, such as `clv.BetaGeoModel`."""
    package, _, rest = cls.__module__.partition(".")
    # a class from elsewhere is read by its own from_dict, not by `load`
    return f"{rest.split('.')[0]}.{cls.__name__}" if package == "custval" else f"{cls.__module__}:{cls.__qualname__}"


def envelope(model: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a fitted thing with its class, its schema and the version that wrote it."""
    from custval import __version__

    return {"custval": __version__, "kind": kind_of(type(model)), "schema": _SCHEMA, **content}


def open_envelope(data: Any, cls: type) -> dict[str, Any]:
    """The content of an envelope, once it is known to hold a `cls` of a schema that can be read."""
    kind = _kind(data)
    if kind != kind_of(cls):
        raise CustvalError(
            f"these data hold a {kind}, not a {kind_of(cls)}", suggestion="custval.load(data)", code="envelope"
        )
    return {key: value for key, value in data.items() if key not in {"custval", "kind", "schema"}}


def load(data: Mapping[str, Any]) -> Any:
    """Rebuild whatever `to_dict()` of a fitted thing or a scheme has written.

    Parameters
    ----------
    data : mapping
        What `to_dict()` returned, also after a journey through JSON.

    Returns
    -------
    object
        An instance of the class that wrote it, ready to use.

    Raises
    ------
    CustvalError
        If the data are no envelope of this library, name an unknown class, or were written by a newer schema.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> cv.load(model.to_dict()).params_["alpha"]
    4.414
    """
    kind = _kind(data)
    room, _, name = kind.partition(".")
    module = importlib.import_module(f"custval.{room}") if room in _ROOMS else None
    cls = getattr(module, name, None) if name in getattr(module, "__all__", ()) else None
    if not isinstance(cls, type) or not hasattr(cls, "from_dict"):
        raise CustvalError(
            f"unknown kind {kind!r}: this version of custval has no such class",
            suggestion="for a class of your own: YourModel.from_dict(data)",
            code="envelope",
        )
    return cls.from_dict(data)


def _kind(data: Any) -> str:
    if not isinstance(data, Mapping) or not isinstance(data.get("kind"), str):
        raise CustvalError(
            "load takes what to_dict() of a fitted thing returned: a mapping with 'custval', 'kind' and 'schema'",
            code="envelope",
        )
    schema = data.get("schema")
    if type(schema) is not int or not 1 <= schema <= _SCHEMA:
        raise CustvalError(
            f"these data have schema {schema!r}; this version reads schema 1 to {_SCHEMA}",
            suggestion="install a newer custval",
            code="envelope",
        )
    return str(data["kind"])
