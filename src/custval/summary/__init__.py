"""Transactions or contracts in, one row per customer (or contract) out."""

from custval.summary.contracts import summarize_contracts
from custval.summary.purchases import calibration_holdout, summarize

__all__ = ["calibration_holdout", "summarize", "summarize_contracts"]
