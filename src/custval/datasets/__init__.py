"""Data to try things on: two public data sets as shipped in `lifetimes`, and simulators with known truth."""

from __future__ import annotations

from custval.datasets.shipped import load_cdnow, load_donations
from custval.datasets.store import Store, StoreTruth, simulate_store
from custval.datasets.transactions import simulate_transactions

__all__ = ["Store", "StoreTruth", "load_cdnow", "load_donations", "simulate_store", "simulate_transactions"]
