"""Names that only the holder of a key could have given: the same person, no longer named."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import Any

from custval._check import flag, whole
from custval._frame import enter
from custval.data_quality._cells import cells
from custval.data_quality._columns_named import columns_named
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import IntoFrame

__all__ = ["pseudonymize"]

_SHORTEST_KEY = 16
_DOMAIN = b"custval.pseudonym.1"


def pseudonymize(
    frame: IntoFrame,
    columns: str | Sequence[str],
    key: bytes | str,
    *,
    by_column: bool = False,
    prefix: str = "",
    length: int = 32,
) -> Any:
    r"""Replace values by keyed pseudonyms: the same value and key give the same pseudonym, and no key gives nothing.

    Parameters
    ----------
    frame : frame
    columns : str or sequence of str
        Columns of text, whole or other numbers, dates, times or booleans.
    key : bytes or str
        At least 16 bytes (text counts in UTF-8), best 32 from `secrets.token_bytes(32)`. Whoever has it can find out
        whose a pseudonym is by trying values: keep it apart from the data. It is kept nowhere.
    by_column : bool
        False: all columns share one space, so that a value has one pseudonym wherever it stands, and tables can still
        be joined. True: each column name has a space of its own, and nobody can link a value over columns.
    prefix : str
        What every pseudonym begins with, such as ``"c_"``.
    length : int
        Hexadecimal digits, 16 to 64; see Notes.

    Returns
    -------
    frame
        The same rows and columns, the named ones as text. Null stays null. Rows are numbered from 0, whatever the
        index was: take the whole frame, or `.to_numpy()` of a column; else pandas puts pseudonyms on **other
        persons** where a frame was filtered or sorted (see Examples).

    Raises
    ------
    ColumnError
        If a column is missing or holds nested values or bytes; with `by_column`, if its name holds a zero character.
    DataError
        If two different values would share a pseudonym; if the frame is lazy.
    CustvalError
        If the key is too short, or no bytes or text. No error shows the key or a value.

    Notes
    -----
    The pseudonym is `prefix` and the first `length` digits of HMAC-SHA-256(key, message) in lower-case hexadecimal.
    The message is, byte after byte:

    1. the 19 bytes of the ASCII text ``custval.pseudonym.1``, and a zero byte;
    2. with `by_column` the name of the column (normal form C, in UTF-8), without it nothing; and a zero byte. So
       without `by_column` two zero bytes follow the text;
    3. the value in UTF-8, and nothing behind it.

    With the value 7 that is ``b"custval.pseudonym.1\0\0" + b"7"``, by column
    ``b"custval.pseudonym.1\0customer_id\0" + b"7"``; the second example computes it by hand. The value is written as
    follows, whatever library or type it is stored in:

    - text in Unicode normal form C, nothing else changed: "Ann" and "ann " are different values, so standardize first;
    - whole numbers in decimal, also those stored as floats, as pandas does beside nulls; so 7, 7.0 and "7" are one,
      and so are 10^22 and 1e22;
    - other numbers in the shortest decimal notation that reads back as the same float64;
    - booleans as `true` and `false`;
    - dates, and times at midnight without a zone, as `2024-01-31`; other times as `2024-01-31T12:30:05.25`; times with
      a zone in UTC with a `Z` at the end.

    *Collisions.* Among n different values two share a pseudonym with a probability of about n² / 2^(4·length + 1): at
    length 32 and a billion values 1.5e-21, at length 16 and ten million values 2.7e-6. Within one call a collision
    raises.

    Pseudonyms are personal data still, for whoever has the key; rows can also be recognized by their other columns:
    see `anonymity`.

    References
    ----------
    Krawczyk, H., Bellare, M. & Canetti, R. (1997). HMAC: keyed-hashing for message authentication. RFC 2104.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import pseudonymize
    >>> people = pd.DataFrame({"customer_id": [7, 8, 7], "city": ["Rome", "Oslo", "Rome"]})
    >>> pseudonymize(people, "customer_id", b"sixteen bytes or more", prefix="c_", length=16)
              customer_id  city
    0  c_df246032510e94d6  Rome
    1  c_a41d4b0d821ecd66  Oslo
    2  c_df246032510e94d6  Rome

    The first of them without this library:

    >>> import hashlib, hmac
    >>> message = b"custval.pseudonym.1" + b"\0" + b"" + b"\0" + "7".encode()
    >>> "c_" + hmac.new(b"sixteen bytes or more", message, hashlib.sha256).hexdigest()[:16]
    'c_df246032510e94d6'

    The rows of what comes back are numbered from 0. pandas matches columns by the numbers of rows: of a filtered frame
    take the whole answer, or the values alone, and never the column as it is.

    >>> romans = people[people["city"] == "Rome"].copy()  # rows 0 and 2
    >>> hidden = pseudonymize(romans, "customer_id", b"sixteen bytes or more", length=16)
    >>> romans["pid"] = hidden["customer_id"].to_numpy()
    >>> romans
       customer_id  city               pid
    0            7  Rome  df246032510e94d6
    2            7  Rome  df246032510e94d6
    """
    table = enter(frame)
    names = columns_named(table, columns)
    own = flag(by_column, "by_column")
    if not isinstance(prefix, str):
        raise CustvalError(f"prefix must be text; got {prefix!r}")
    digits = whole(length, "length", at_least=16)
    if digits > 64:
        raise CustvalError(f"length must be 16 to 64 hexadecimal digits; got {digits}")
    secret = _secret(key)
    replaced: dict[str, Any] = {}
    given: dict[str, str] = {}
    for name in names:
        column = cells(table, name)
        space = _space(name) if own else b""
        given = {} if own else given
        pseudonyms = _pseudonyms(column.texts, secret, space, digits)
        _refuse_collisions(given, column.texts, pseudonyms, name)
        replaced[name] = column.spread(table, name, [prefix + pseudonym for pseudonym in pseudonyms])
    return table.extend(replaced)


def _space(name: str) -> bytes:
    """The space of a column; a zero byte ends it, so that none can stand in it."""
    try:
        space = unicodedata.normalize("NFC", name).encode()
    except UnicodeEncodeError:
        space = b"\0"  # half of a surrogate pair
    if b"\0" in space:
        raise ColumnError(
            f"with by_column the name of a column must be text without zero characters and halves of characters; "
            f"got {name!r}",
            column=name,
            suggestion="rename the column",
        )
    return space


def _secret(key: Any) -> bytes:
    secret = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    if not isinstance(secret, (bytes, bytearray)):
        raise CustvalError(
            f"key must be bytes or text; got {type(key).__name__}", suggestion="key=secrets.token_bytes(32)", code="key"
        )
    if len(secret) < _SHORTEST_KEY:
        raise CustvalError(
            f"key must have at least {_SHORTEST_KEY} bytes, or it could be found by trying; got {len(secret)}",
            suggestion="key=secrets.token_bytes(32)",
            code="key",
        )
    return bytes(secret)


def _pseudonyms(texts: Sequence[str], secret: bytes, space: bytes, digits: int) -> list[str]:
    begin = hmac.new(secret, _DOMAIN + b"\0" + space + b"\0", hashlib.sha256)
    result = []
    for text in texts:
        code = begin.copy()
        # halves of surrogate pairs are no characters, but columns of objects may hold them
        code.update(text.encode("utf-8", "surrogatepass"))
        result.append(code.hexdigest()[:digits])
    return result


def _refuse_collisions(given: dict[str, str], texts: Sequence[str], pseudonyms: Sequence[str], name: str) -> None:
    count = sum(given.setdefault(pseudonym, text) != text for pseudonym, text in zip(pseudonyms, texts, strict=True))
    if count:
        raise DataError(
            f"column {name!r}: {count:,} values would share a pseudonym with another value",
            column=name,
            count=count,
            suggestion="take a larger length",
            code="collision",
        )
