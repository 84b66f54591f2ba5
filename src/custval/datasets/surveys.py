"""What customers of a simulated store answer when they are asked, days after an order, whether they recommend it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Clock, Traits
from custval.typing import IntArray

__all__ = ["COMMENTS", "SCALE", "Responses", "draw_responses"]

SCALE = (0, 10)

_DAY = 86_400
_ANSWER_SHARE = 0.12
_DAYS_TO_ANSWER = 7
_LIKING = np.array([9.0, 8.1, 7.4, 6.6, 7.0])  # of the segments
_SPREAD = 1.6
_BEFORE_THE_END = 60.0
_LESS = 2.5
_COMMENT_SHARE = 0.55
_BANDS = (7, 9)  # from here on content, from here on delighted

_ENGLISH = (
    ("arrived late and the box was damaged", "no answer from support", "too expensive", "wrong item, twice"),
    ("it was ok", "fine, delivery could be faster", "nothing special", "good price"),
    ("love it!", "fast delivery, great service", "perfect as always", "friendly staff"),
)
_CHINESE = (
    ("物流太慢了，包装破损", "客服不回复", "价格太贵", "发错货了"),
    ("还可以", "一般般，没什么特别的", "东西还行，送货慢一点", "价格合适"),
    ("非常满意，还会再来", "送货很快，服务很好", "质量不错，推荐", "客服态度很好"),
)
_PER_BAND = 4
COMMENTS = tuple(text for bands in (_ENGLISH, _CHINESE) for band in bands for text in band)

Responses = dict[str, NDArray[Any]]
"""Responses as arrays: customer (−1: not known), second, score, comment (place in COMMENTS; −1: none)."""


def draw_responses(
    traits: Traits,
    clock: Clock,
    chinese: NDArray[np.bool_],
    orders: tuple[IntArray, IntArray],
    rng: np.random.Generator,
) -> Responses:
    """Draw the responses, in order of time.

    How likely someone is to recommend the store depends on the segment, and falls in the last weeks as a customer.
    """
    customer, second = orders
    asked = np.flatnonzero(rng.random(len(customer)) < _ANSWER_SHARE)
    customer = customer[asked]
    second = second[asked] + rng.integers(_DAY, _DAYS_TO_ANSWER * _DAY, len(asked))
    leaving = second > clock.seconds(traits.dropout)[customer] - _BEFORE_THE_END * _DAY
    liking = _LIKING[traits.segment[customer]] - _LESS * leaving
    score = np.clip(np.rint(rng.normal(liking, _SPREAD)), *SCALE).astype(np.int64)
    band = np.searchsorted(_BANDS, score, side="right")
    place = (chinese[customer] * len(_ENGLISH) + band) * _PER_BAND + rng.integers(0, _PER_BAND, len(asked))
    comment = np.where(rng.random(len(asked)) < _COMMENT_SHARE, place, -1)
    order = np.argsort(second, kind="stable")
    order = order[second[order] < clock.days * _DAY]
    return {
        "customer": customer[order].astype(np.int64),
        "second": second[order],
        "score": score[order],
        "comment": comment[order].astype(np.int8),
    }
