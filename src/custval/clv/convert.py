"""Fitted models from the package `lifetimes`, and back."""

from __future__ import annotations

from typing import Any

from custval import errors
from custval._frame import new_frame, unchanged_pandas
from custval._model import check_fitted
from custval.clv._fitted import MaximumLikelihoodModel
from custval.errors import CustvalError

__all__ = ["from_lifetimes", "to_lifetimes"]

# their class: ours, and the parameters that go by another name there (ours: theirs)
_PAIRS: dict[str, tuple[str, dict[str, str]]] = {
    "BetaGeoFitter": ("BetaGeoModel", {}),
    "ModifiedBetaGeoFitter": ("ModifiedBetaGeoModel", {}),
    "ParetoNBDFitter": ("ParetoNBDModel", {}),
    "BetaGeoBetaBinomFitter": ("BetaGeoBetaBinomModel", {}),
    "GammaGammaFitter": ("GammaGammaModel", {"gamma": "v"}),
}


def from_lifetimes(fitter: Any, unit: str | None = None) -> Any:
    """A model of this library with the parameters of a fitted one of `lifetimes`.

    Parameters
    ----------
    fitter : BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter, BetaGeoBetaBinomFitter or GammaGammaFitter
        Fitted, or with `params_` set.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time of the data that it was fitted to, which `lifetimes` does not keep; not for GammaGammaFitter.

    Returns
    -------
    BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel, BetaGeoBetaBinomModel or GammaGammaModel
        Ready to predict. It has no standard errors: fit it anew for those.

    Raises
    ------
    CustvalError
        If the object is no such fitter, or a parameter is not above 0.
    NotFittedError
        If it has no parameters yet.

    Notes
    -----
    The parameters are taken as they are, in the unit of time of the data. Those of a fitter with a `penalizer_coef`
    above 0 do not maximize the likelihood: the penalty, on the squares of the parameters after time was scaled to a
    longest T of 1, pulls them toward 0.

    Examples
    --------
    >>> import custval as cv
    >>> fitter = cv.clv.to_lifetimes(cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426))
    >>> type(fitter).__name__
    'BetaGeoFitter'
    >>> cv.clv.from_lifetimes(fitter, unit="W").params_
    {'r': 0.243, 'alpha': 4.414, 'a': 0.793, 'b': 2.426}
    """
    name, pairs = _first_class(fitter, "lifetimes"), _pairs()
    if name not in pairs:
        raise CustvalError(
            f"wanted is a fitter of lifetimes: {', '.join(pairs)}; got {type(fitter).__name__}",
            suggestion="fit the model of this library to the data themselves",
        )
    model, other_names = pairs[name]
    if not hasattr(fitter, "params_"):
        raise errors.NotFittedError(f"this {name} is not fitted yet: call its fit, or fit {model.__name__} instead")
    back = {theirs: own for own, theirs in other_names.items()}
    params = {back.get(str(key), str(key)): value for key, value in dict(fitter.params_).items()}
    if unit is None:
        return model.from_params(**params)
    if model.__name__ == "GammaGammaModel":
        raise CustvalError(f"a model of spend has no unit of time; got unit={unit!r}", suggestion="leave unit out")
    return model.from_params(**params, unit=unit)


def to_lifetimes(model: Any) -> Any:
    """A fitter of `lifetimes` with the parameters of a fitted model of this library.

    Parameters
    ----------
    model : BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel, BetaGeoBetaBinomModel or GammaGammaModel
        Fitted, or made from parameters.

    Returns
    -------
    the fitter of `lifetimes` by the same name
        With `params_`, so that it predicts. What needs the data of the fit is not there: `summary`, plots of the
        fit, `generate_new_data`.

    Raises
    ------
    CustvalError
        If `lifetimes` has no such model, or is not installed.
    NotFittedError
        If the model is not fitted.

    Examples
    --------
    >>> import custval as cv
    >>> fitter = cv.clv.to_lifetimes(cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44))
    >>> round(float(fitter.conditional_expected_average_profit(2, 22.35)), 2)
    24.66
    """
    name = _first_class(model, "custval.clv") if isinstance(model, MaximumLikelihoodModel) else None
    found = [(theirs, names) for theirs, (ours, names) in _pairs().items() if ours.__name__ == name]
    if not found:
        wanted = ", ".join(ours.__name__ for ours, _ in _pairs().values())
        raise CustvalError(f"lifetimes has fitters for {wanted}; got {type(model).__name__}")
    check_fitted(model, "params_")
    theirs, other_names = found[0]
    fitter = getattr(_lifetimes(), theirs)()
    columns = {other_names.get(own, own): [value] for own, value in model.params_.items()}
    fitter.params_ = new_frame(columns).iloc[0].rename(None)
    if theirs in {"BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter"}:
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time  # as its fit does
    return fitter


def _first_class(thing: Any, package: str) -> str | None:
    """The name of the class itself or the nearest above it that a package defines."""
    for cls in type(thing).__mro__:
        if cls.__module__ == package or cls.__module__.startswith(f"{package}."):
            return cls.__name__
    return None


def _pairs() -> dict[str, tuple[Any, dict[str, str]]]:
    from custval import clv  # the room is whole only after this module

    return {theirs: (getattr(clv, ours), names) for theirs, (ours, names) in _PAIRS.items() if hasattr(clv, ours)}


def _lifetimes() -> Any:
    with unchanged_pandas():
        try:
            import lifetimes
        except ImportError:
            raise CustvalError(
                "to_lifetimes needs the package lifetimes, which cannot be imported here",
                suggestion="pip install 'lifetimes>=0.11.3'",
                code="optional",
            ) from None
    return lifetimes
