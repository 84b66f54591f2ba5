"""What can go wrong, in one family.

Every error of the library is a `CustvalError`, which is a `ValueError`. Its text says what was got, what is
wanted and what to do; its attributes carry the same as data, so that a service can answer with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.exceptions import NotFittedError

__all__ = ["ColumnError", "CustvalError", "CustvalWarning", "DataError", "FitError", "NotFittedError"]


class CustvalWarning(UserWarning):
    """Something that works, and that the caller should know of."""


class CustvalError(ValueError):
    """The root of the family.

    Parameters
    ----------
    message : str
        What was got, what is wanted, what to do.
    column : str, optional
        The column concerned.
    count : int, optional
        How many rows are concerned.
    suggestion : str, optional
        The way out, as something to type.
    code : str, optional
        A short constant for programs; each class has its own default.

    Examples
    --------
    >>> from custval.errors import CustvalError
    >>> CustvalError("grain must be one of 'D', 'W'; got 'X'", suggestion="grain='D'").to_dict()["code"]
    'parameter'
    """

    code: str = "parameter"

    def __init__(
        self,
        message: str,
        *,
        column: str | None = None,
        count: int | None = None,
        suggestion: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.column = column
        self.count = count
        self.suggestion = suggestion
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        message = super().__str__()
        known = self.suggestion is None or self.suggestion in message
        return message if known else f"{message}; try: {self.suggestion}"

    def to_dict(self) -> dict[str, Any]:
        """The error as JSON-safe data: `code`, `message`, and what else is known."""
        return {"code": self.code, "message": str(self), **{k: v for k, v in self.__dict__.items() if k != "code"}}


class ColumnError(CustvalError):
    """A column is missing, named twice, or of a type that cannot serve."""

    code = "column"


class DataError(CustvalError):
    """Values that cannot be used; `count` says how many, `examples` where (row numbers from 0)."""

    code = "data"

    def __init__(
        self,
        message: str,
        *,
        column: str | None = None,
        count: int | None = None,
        suggestion: str | None = None,
        code: str | None = None,
        examples: Sequence[int] = (),
    ) -> None:
        super().__init__(message, column=column, count=count, suggestion=suggestion, code=code)
        self.examples = [int(row) for row in examples]


class FitError(CustvalError):
    """A model cannot be fitted to these data."""

    code = "fit"


def __getattr__(name: str) -> Any:
    # scikit-learn is imported only by those who ask for its error
    if name == "NotFittedError":
        from sklearn.exceptions import NotFittedError

        return NotFittedError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
