"""What a comparison of models comes to, in a few plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from custval.clv._contest import Standing, likelihood_noise, noise

__all__ = ["advise"]

# standard errors of the difference of squared errors; below it two models are as good
_NOISE = 1.96
# of one-time buyers: from it on a model that takes them all for alive misleads
_MANY = 0.25
# shares below it read as 0.0 %
_LEVEL = 0.0005
# of the scores of two models that are one; fits that run to the same boundary stop at slightly different places
_SAME = 1e-6
# a log score better by less, 0.5 % of the probability of what came, is no reason to look at another model
_CLEAR = 0.005


def advise(models: Sequence[Standing], rule: Standing) -> str:
    """Which model, by how much, and what speaks against trusting it.

    Parameters
    ----------
    models : sequence of Standing
        Those with a prediction, the best first.
    rule : Standing
        The best rule without a model.
    """
    if not models:
        return "No model could be fitted: see the reasons in by_cutoff."
    best = models[0]
    twins = [one for one in models if one is best or _same(best, one)]
    rivals = [one for one in models if one not in twins]
    parts = [f"{_against_models(best, twins, rivals)}; {_against_rule(best, rule)}", _about_the_total(best)]
    if _below(best, rule) > 0.0:
        parts.append(_about_leaving(best, twins, rivals))
    else:
        parts.append(_about_twins(best, twins))
    return " ".join(f"{part}." for part in parts if part)


def _same(one: Standing, other: Standing) -> bool:
    """Whether two models have the same scores at every cutoff, and so are one in effect."""
    pairs = [
        (mine.value(name), yours.value(name))
        for mine, yours in zip(one.scores, other.scores, strict=True)
        for name in ("rmse", "mae", "predicted", "log_score")
    ]
    mine, yours = np.array(pairs).T
    return bool(np.allclose(mine, yours, rtol=_SAME, atol=0.0, equal_nan=True))


def _against_models(best: Standing, twins: Sequence[Standing], rivals: Sequence[Standing]) -> str:
    own = f"RMSE {best.mean('rmse'):.3f}"
    if not rivals:
        alone = len(twins) == 1
        return f"{best.name} is the only model with a prediction ({own})" if alone else f"{best.name} has {own}"
    second = rivals[0]
    if second.n_cutoffs < best.n_cutoffs:
        only = ", and is the only model that could be fitted at all cutoffs" if len(twins) == 1 else ""
        return f"{best.name} predicts best ({own}){only}"
    gap = _below(best, second)
    if gap < _LEVEL:
        return f"{best.name} predicts best ({own}), level with {second.name}"
    chance = "which chance can explain" if noise(best, second) < _NOISE else "more than chance explains"
    return f"{best.name} predicts best ({own}, {gap:.1%} below {second.name}, {chance})"


def _against_rule(best: Standing, rule: Standing) -> str:
    gap = _below(best, rule)
    rival = f"the best rule without a model, '{rule.name}' ({rule.mean('rmse'):.3f})"
    if gap <= 0.0:
        return f"it does not beat {rival}, so that none of the models pays here"
    if gap < _LEVEL:
        return f"it is level with {rival}"
    sure = "" if noise(best, rule) >= _NOISE else ", a difference that chance can explain"
    return f"it beats {rival}, by {gap:.1%}{sure}"


def _below(one: Standing, other: Standing) -> float:
    """By what share the mean RMSE of one lies below that of another; none lies below 0."""
    rival = other.mean("rmse")
    return 1.0 - one.mean("rmse") / rival if rival > 0.0 else 0.0


def _about_the_total(best: Standing) -> str:
    """The bias over the cutoffs, its range, and whether early and late customers deviate differently."""
    texts = [text for text in (_bias(best), _mix(best)) if text]
    return "; ".join(texts)


def _bias(best: Standing) -> str:
    share = best.relative_bias
    if np.isnan(share):
        return ""
    each = [score.relative_bias for score in best.scores if not np.isnan(score.relative_bias)]
    low, high = (f"{value:+.0%}" for value in (min(each), max(each)))
    between = f" ({low} to {high} by cutoff)" if low != high else ""
    where = "Over the cutoffs" if len(best.scores) > 1 else "In the holdout"
    size = f"{abs(share):.0%}"
    if size == "0%":
        return f"{where} it expects as many purchases as came{between}"
    return f"{where} it expects {size} {'more' if share > 0 else 'fewer'} purchases than came{between}"


def _mix(best: Standing) -> str:
    count = best.n_mix_changes
    if not count:
        return ""
    where = f"at {count} of {best.n_cutoffs} cutoffs " if best.n_cutoffs > 1 else ""
    return f"{where}it errs otherwise for early than for late customers: the mix of new customers changes"


def _about_leaving(best: Standing, twins: Sequence[Standing], rivals: Sequence[Standing]) -> str:
    """What speaks for another model, or against the probability of being alive."""
    level = [one for one in rivals if one.n_cutoffs == best.n_cutoffs]
    said = _about_twins(best, twins) or _about_one_time_buyers(best, level)
    likelier = max(level, key=lambda one: one.mean("log_score"), default=None)
    if likelier is None or f"{likelier.name}, " in said or not _clearly_likelier(likelier, best):
        return said
    scores = f"{likelier.mean('log_score'):.3f} against {best.mean('log_score'):.3f}"
    better = f"{likelier.name} has a clearly better log score ({scores})"
    return f"{said}; {better}" if said else f"But {better}"


def _about_twins(best: Standing, twins: Sequence[Standing]) -> str:
    """Models that are one in effect, or a fit that ended on a boundary at every cutoff."""
    names = " and ".join(filter(None, [", ".join(one.name for one in twins[:-1]), twins[-1].name]))
    stays = all(score.nobody_leaves for score in best.scores if score.errors is not None)
    bounded = any(one.count("boundary") == one.n_cutoffs for one in twins)
    if len(twins) > 1:
        return f"{names} {'find that nobody leaves: they ' if stays else ''}are one model here, with equal scores"
    if not bounded:
        return ""
    found = "finds that nobody leaves: its" if stays else "is to be read with care: its"
    return f"{names} {found} fit ended on a boundary at every cutoff"


def _about_one_time_buyers(best: Standing, others: Sequence[Standing]) -> str:
    """What to say where the best model takes every one-time buyer for alive, and many have bought once."""
    last = [score for score in best.scores if score.errors is not None][-1]
    if not last.all_alive or last.one_time < _MANY:
        return ""
    others = [one for one in others if not any(score.all_alive for score in one.scores)]
    as_good = [one for one in others if noise(best, one) < _NOISE]
    likelier = max(others, key=lambda one: one.mean("log_score"), default=None)
    warning = (
        f"But {best.name} takes all one-time buyers ({last.one_time:.0%} of the customers) for alive with probability 1"
    )
    if as_good and as_good[0] is others[0]:
        return f"{warning}: prefer {as_good[0].name}, which predicts as well within chance and lets them leave"
    if as_good:
        # its difference is surer than that of one that is as good within chance, but smaller
        above = others[0].mean("rmse") / best.mean("rmse") - 1.0
        return f"{warning}: prefer {others[0].name}, whose RMSE is {above:.1%} above and which lets them leave"
    if likelier is not None and likelier.mean("log_score") > best.mean("log_score"):
        return f"{warning}: take probability_alive from {likelier.name}, which has the better log score"
    return f"{warning}, so do not use its probability_alive for them"


def _clearly_likelier(one: Standing, best: Standing) -> bool:
    ahead = one.mean("log_score") - best.mean("log_score")
    return bool(ahead > _CLEAR) and likelihood_noise(one, best) >= _NOISE
