"""The one small safe expression language, in which rules, stages, tags and playbooks are written.

`"amount > 0 and not starts_with(order_id, 'C')"` is read with Python's own grammar, rebuilt from three kinds of
node, and becomes data or a narwhals expression; no text is ever executed. Every engine gives the same answer,
because none is asked for its own rule about nulls: what is computed is where a condition is true and where it is
false, what a value is and where it is known.

- Nulls are null, NaN and NaT. Arithmetic, comparisons and functions of a null are null; `and`, `or` and `not` are
  Kleene's; `is_null` never is null. Out of the language a condition is two-valued: `holds` where it is true,
  `fails` where it is false, neither where it is null.
- Arithmetic is in double precision. `a % b` is a − b·⌊a / b⌋. `/` and `%` by zero, `%` of a quotient from 2**53 on
  and results without a value (∞ − ∞) are null. Whole numbers are compared exactly, save unsigned ones of 64 bits.
- `date('2011-12-09')` is a whole day on the wall clock of the column: `t <= date('2011-12-09')` includes that evening.
- Text is ordered by code points and its `length` counts them; `lower` and `upper` are the engine's own.
- A column that has no plain name stands in backticks, a backtick within it twice: `` `unit price` > 0 ``.

`syntax` is the grammar (text and data in and out), `meaning` the types and what is computed, `expression` what the
rest of the library uses.
"""

from custval._expression.expression import Expression, from_data, parse, parse_condition

__all__ = ["Expression", "from_data", "parse", "parse_condition"]
