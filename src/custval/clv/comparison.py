"""Which model of purchases to take: all of them, and rules without a model, at several origins in time."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from custval._check import Moment, SpanOf, fraction, grain_and_unit, moment, span
from custval._frame import Table, enter, labels, to_mapping
from custval._kernels.calendar import not_after, shift, units_per_period
from custval._kernels.occasions import occasions
from custval._plots import ranked_points
from custval._result import Result
from custval.clv._columns_of_scores import by_cutoff_frame, ranking_frame
from custval.clv._contest import Contest, Origin
from custval.clv._purchase import PurchaseModel
from custval.errors import CustvalError, CustvalWarning, DataError
from custval.summary import calibration_holdout
from custval.summary._lines import Lines, read, refuse_before
from custval.typing import Grain, Instant, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Comparison", "compare"]
