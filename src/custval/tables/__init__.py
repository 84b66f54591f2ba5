"""The five canonical tables: name the columns once, at the door, and have them checked."""

from __future__ import annotations

from custval.tables.attributes import customers_from
from custval.tables.doors import contracts, customers, events, responses, transactions

__all__ = ["contracts", "customers", "customers_from", "events", "responses", "transactions"]
