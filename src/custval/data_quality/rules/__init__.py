"""Rules that a table must keep: each function returns one, as data; `validate` judges them.

A value that is null is unknown and keeps every rule but `not_null`. A column of the wrong type breaks the rule in
all rows, and the failures say why.

Most rules are about rows, and the rows that break them fail. Rules about a table as a whole (`fresh`, `row_count`,
`share_of`, `share_of_nulls`, `statistic`) fail without a row that does: they stand in the summary with what was
measured, and a failed error makes a validation not pass, but rejects nothing.

Every function takes, beside its own arguments,

- `severity`: rows that break an `"error"` are rejected, a `"warning"` is only listed;
- `name`: what failures are listed under; by default the call itself, such as `in_range(amount, low=0)`;
- `optional`: whether the rule is skipped in a table without its columns, instead of raising.
"""

from __future__ import annotations

from custval.data_quality._rule import Rule
from custval.data_quality.rules._rows import (
    constant,
    monotone,
    near_duplicate,
    no_outliers,
    refund_after_purchase,
    unique,
)
from custval.data_quality.rules._tables import fresh, row_count, share_of, share_of_nulls, statistic
from custval.data_quality.rules._texts import excludes_pattern, matches_pattern, of_type
from custval.data_quality.rules._values import (
    expression,
    in_range,
    in_set,
    not_in_future,
    not_in_set,
    not_null,
    references,
    varied,
)

__all__ = [
    "Rule",
    "constant",
    "excludes_pattern",
    "expression",
    "fresh",
    "in_range",
    "in_set",
    "matches_pattern",
    "monotone",
    "near_duplicate",
    "no_outliers",
    "not_in_future",
    "not_in_set",
    "not_null",
    "of_type",
    "references",
    "refund_after_purchase",
    "row_count",
    "share_of",
    "share_of_nulls",
    "statistic",
    "unique",
    "varied",
]
