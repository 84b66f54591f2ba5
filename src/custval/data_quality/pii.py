"""Which columns hold personal data, by their headers and by their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from custval._check import flag, number, whole
from custval._frame import Table, enter, nw
from custval._kernels.dates_in_text import year_in
from custval._kernels.masks import mask_inside, mask_value
from custval._kernels.pii import find_spans, is_plausible, kinds_of
from custval._kernels.pii_headers import HeaderClue, header_clue
from custval._result import Result
from custval.data_quality._cells import Cells, cells
from custval.data_quality._sealed import reduce_sealed, seal
from custval.errors import CustvalError
from custval.typing import FloatArray, IntoFrame

__all__ = ["Finding", "PersonalData", "find_pii", "findings_in"]

# how much a column full of values of a kind says, and from which share on it counts as full
_WEIGHT = {
    "email": (0.99, 0.5),
    "national_id": (0.97, 0.6),
    "bank_account": (0.97, 0.6),
    "card_number": (0.95, 0.8),
    "ip_address": (0.9, 0.8),
    "phone": (0.9, 0.8),
    "address": (0.85, 0.5),
    "name": (0.8, 0.4),
    "postcode": (0.8, 0.9),
    "birth_date": (0.6, 0.9),
}
_PROVEN = frozenset({"email", "national_id", "bank_account", "card_number"})
_FEW_NAMES = 8  # fewer different names are rather labels
_PLAUSIBLE_SHARE = 0.5
_LEAST_SPREAD_OF_BIRTHS = 20.0  # years between the first and the last tenth
_EXAMPLES = 3


class Finding(NamedTuple):
    """One kind of personal data in one column; `where` is "value" or "inside", `texts` the values that show it most."""

    column: str
    kind: str
    where: str
    share: float | None
    rows: int
    evidence: str
    confidence: float
    texts: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class PersonalData(Result):
    """What `find_pii` gives back.

    Attributes
    ----------
    columns : mapping of str to str
        The columns whose values are personal data, and their kind.
    free_text : mapping of str to tuple of str
        The columns of longer texts with personal data inside, and the kinds of it.
    findings : frame
        One row per column and kind: `column, kind, where` ("value" or "inside")`, share` of the known values`, rows`
        (estimated from the values looked at)`, evidence` ("header", "values", "header and values", "text")`,
        confidence, examples`.
    """

    columns: Mapping[str, str] = dataclasses.field(hash=False)
    free_text: Mapping[str, tuple[str, ...]] = dataclasses.field(hash=False)
    findings: Any

    def __post_init__(self) -> None:
        seal(self, "findings")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """The findings."""
        return self.findings


def find_pii(
    frame: IntoFrame,
    *,
    minimum_confidence: float = 0.5,
    sample: int | None = 10_000,
    show_values: bool = False,
) -> PersonalData:
    """Find the columns that hold personal data, also where the header does not say so and inside free text.

    Kinds: `email, phone, name, national_id` (Chinese resident, US social security and British insurance numbers; others
    by the header)`, card_number, bank_account, ip_address, address, postcode, birth_date`.

    Parameters
    ----------
    frame : frame
    minimum_confidence : float
        Findings below it are left out, 0 to 1.
    sample : int, optional
        How many different values of a column are looked at, evenly over the column; None: all of them. With a
        sample, personal data in very few cells of a column can be missed.
    show_values : bool
        False: the examples are masked.

    Returns
    -------
    PersonalData
        `.columns`, `.free_text`, and `.findings` with share, evidence and confidence.

    Raises
    ------
    DataError
        If the frame is lazy.

    Notes
    -----
    *Evidence.* Of each column the share of its values that have the form of a kind is counted (with check digits where
    there are some), and the header is read (English and Chinese). A column full of a kind's forms is evidence v (0.99
    for e-mail addresses, 0.6 for dates that spread like birth dates, the others between), less where fewer values have
    the form; a header that names the kind is evidence h = 0.6 if at least half of the values can be of the kind, and
    none otherwise: `phone_brand` and a column `email` of yes and no are not found. The confidence is
    1 − (1 − v)(1 − h), an order and not a probability.

    *Names* are known by lists of common ones: a column counts as names from a quarter of known names on, if it has
    eight different ones. *Birth dates* are dates without a time of day whose first and last tenth lie 20 years apart.

    *Not found*: what points to a person together with other columns only (city, gender, age: see `anonymity`), customer
    numbers, and names in free text other than behind a title.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import find_pii
    >>> people = pd.DataFrame(
    ...     {
    ...         "col1": ["ann@example.com", "bob@example.org", None],
    ...         "手机": ["13812341234", "13912345678", "15012345678"],
    ...         "note": ["prefers tea", "write to ann@example.com", "late on Mondays"],
    ...         "order_id": [1001, 1002, 1003],
    ...     }
    ... )
    >>> found = find_pii(people)
    >>> dict(found.columns)
    {'col1': 'email', '手机': 'phone'}
    >>> dict(found.free_text)
    {'note': ('email',)}
    >>> found.findings["examples"].tolist()
    ['a***@example.com; b***@example.org', '138****1234; 139****5678; 150****5678', 'write to a***@example.com']
    """
    table = enter(frame)
    least = number(minimum_confidence, "minimum_confidence", at_least=0.0, at_most=1.0)
    most = None if sample is None else whole(sample, "sample", at_least=1)
    shown = flag(show_values, "show_values")
    found = [finding for name in table.columns for finding in findings_in(table, name, most)]
    found = [finding for finding in found if finding.confidence >= least]
    columns: dict[str, str] = {}
    free_text: dict[str, tuple[str, ...]] = {}
    for finding in found:
        if finding.where == "value":
            columns.setdefault(finding.column, finding.kind)
        else:
            free_text[finding.column] = (*free_text.get(finding.column, ()), finding.kind)
    return PersonalData(
        columns=columns,
        free_text=free_text,
        findings=_frame_of(table, found, shown=shown),
    )


def _frame_of(table: Table, found: Sequence[Finding], *, shown: bool) -> Any:
    text = table.series
    return table.make(
        {
            "column": text("column", [finding.column for finding in found], nw.String),
            "kind": text("kind", [finding.kind for finding in found], nw.String),
            "where": text("where", [finding.where for finding in found], nw.String),
            "share": text("share", [finding.share for finding in found], nw.Float64),
            "rows": text("rows", [finding.rows for finding in found], nw.Int64),
            "evidence": text("evidence", [finding.evidence for finding in found], nw.String),
            "confidence": text("confidence", [round(finding.confidence, 4) for finding in found], nw.Float64),
            "examples": text("examples", [_examples(finding, shown=shown) for finding in found], nw.String),
        }
    )


def _examples(finding: Finding, *, shown: bool) -> str:
    if shown:
        return "; ".join(finding.texts)
    if finding.where == "inside":
        return "; ".join(map(mask_inside, finding.texts))
    return "; ".join(mask_value(finding.kind, text) for text in finding.texts)


def findings_in(table: Table, name: str, most: int | None) -> list[Finding]:
    """What one column holds, the surest finding first; whatever its confidence."""
    clue = header_clue(name)
    column = _read(table, name)
    if column is None or column.kind == "boolean":
        return []
    looked = _Looked.at(column, most)
    if not looked.texts:
        return [] if clue.kind is None else [Finding(name, clue.kind, "value", None, 0, "header", clue.strength, ())]
    whole_value = _as_values(name, column, looked, clue)
    inside = _inside(name, looked, clue, {finding.kind for finding in whole_value}) if column.kind == "text" else []
    return whole_value + inside


def _read(table: Table, name: str) -> Cells | None:
    try:
        return cells(table, name, nested=True)
    except CustvalError:
        return None  # times of several zones, and the like: no text to look at


class _Looked(NamedTuple):
    """The different values that are looked at, and the share of the known rows that each stands for."""

    texts: list[str]
    weight: FloatArray
    rows: int

    @classmethod
    def at(cls, column: Cells, most: int | None) -> _Looked:
        counts, texts = column.counts, column.texts
        rows = int(counts.sum())
        if most is not None and len(texts) > most:
            chosen = np.linspace(0, len(texts) - 1, most).round().astype(np.int64)
            counts, texts = counts[chosen], [texts[place] for place in chosen]
        return cls(texts, counts / max(int(counts.sum()), 1), rows)

    def share(self, hits: Sequence[int]) -> float:
        """The share of the rows whose values are at these places."""
        return min(1.0, float(self.weight[list(hits)].sum())) if hits else 0.0

    def first(self, hits: Sequence[int]) -> tuple[str, ...]:
        """The most frequent values among those at these places."""
        order = sorted(hits, key=lambda place: (-self.weight[place], place))
        return tuple(self.texts[place] for place in order[:_EXAMPLES])


def _as_values(name: str, column: Cells, looked: _Looked, clue: HeaderClue) -> list[Finding]:
    """The kind that the values of a column are, and others that prove themselves in some of its cells."""
    hits = _hits(column, looked, clue)
    found: list[Finding] = []
    for kind in dict.fromkeys([*hits, *([clue.kind] if clue.kind else [])]):
        places = hits.get(kind, [])
        finding = _judged(name, kind, places, looked, clue)
        if finding is not None:
            found.append(finding)
    found.sort(key=lambda finding: (-finding.confidence, finding.column))
    # a column is of one kind; beside it stands what is beyond doubt, such as an e-mail address among the phones
    return [finding for place, finding in enumerate(found) if place == 0 or _is_beyond_doubt(finding, column)]


def _is_beyond_doubt(finding: Finding, column: Cells) -> bool:
    return finding.kind == "email" and column.kind == "text" and finding.rows > 0


def _judged(name: str, kind: str, places: list[int], looked: _Looked, clue: HeaderClue) -> Finding | None:
    share = looked.share(places)
    weight, full = _WEIGHT[kind]
    by_values = 0.0 if kind in clue.denied else weight * min(1.0, share / full)
    if kind == "email" and places:
        by_values = max(by_values, 0.9)  # one is enough to say that there is one
    by_header = 0.0
    if clue.kind == kind:
        plausible = [place for place, text in enumerate(looked.texts) if is_plausible(kind, text)]
        if looked.share(plausible) >= _PLAUSIBLE_SHARE:
            by_header, places, share = clue.strength, plausible, looked.share(plausible)
    confidence = 1.0 - (1.0 - by_values) * (1.0 - by_header)
    if confidence == 0.0:
        return None
    evidence = " and ".join(["header"] * (by_header > 0) + ["values"] * (by_values > 0))
    rows = round(share * looked.rows)
    return Finding(name, kind, "value", share, rows, evidence, confidence, looked.first(places))


def _hits(column: Cells, looked: _Looked, clue: HeaderClue) -> dict[str, list[int]]:
    """Per kind the places of the values that have its form, if the column as a whole can be of the kind."""
    hits: dict[str, list[int]] = {}
    if column.kind != "time":
        for place, text in enumerate(looked.texts):
            if column.kind == "number" and not text.isdigit():
                continue  # amounts
            for kind in kinds_of(text):
                hits.setdefault(kind, []).append(place)
    if clue.kind != "name" and len(hits.get("name", ())) < _FEW_NAMES:
        hits.pop("name", None)
    if _are_serial(looked, hits.get("phone", [])):
        hits.pop("phone", None)
    births = _birth_dates(looked)
    return {**hits, "birth_date": births} if births else hits


def _are_serial(looked: _Looked, places: list[int]) -> bool:
    """Whether bare digits are counted up, as order numbers are: phones of many people begin differently."""
    bare = [looked.texts[place] for place in places if looked.texts[place].isdigit()]
    return len(bare) >= 10 and 2 * len(bare) >= len(places) and len({text[:4] for text in bare}) <= 2


def _birth_dates(looked: _Looked) -> list[int]:
    years = [(place, year) for place, text in enumerate(looked.texts) if (year := year_in(text)) is not None]
    if len(years) < 10:
        return []
    places = [place for place, _ in years]
    value = np.array([year for _, year in years])
    order = np.argsort(value, kind="stable")
    reached = np.cumsum(looked.weight[places][order])
    low, high = value[order][np.searchsorted(reached, np.array([0.1, 0.9]) * reached[-1])]
    return places if high - low >= _LEAST_SPREAD_OF_BIRTHS else []


def _inside(name: str, looked: _Looked, clue: HeaderClue, taken: set[str]) -> list[Finding]:
    """Personal data inside longer texts."""
    hits: dict[str, list[int]] = {}
    for place, text in enumerate(looked.texts):
        if not _is_longer_text(text):
            continue
        for kind in {span.kind for span in find_spans(text) if span.stop - span.start < len(text.strip())}:
            hits.setdefault(kind, []).append(place)
    found = []
    for kind, places in sorted(hits.items()):
        if kind in taken or kind in clue.denied or (clue.kind == "address" and kind == "name"):
            continue
        share = looked.share(places)
        confidence = 0.9 if kind in _PROVEN else 0.7
        rows = max(round(share * looked.rows), 1)
        found.append(Finding(name, kind, "inside", share, rows, "text", confidence, looked.first(places)))
    return found


def _is_longer_text(text: str) -> bool:
    """Words, and not a code with hyphens."""
    text = text.strip()
    return len(text) >= 4 and (any(map(str.isspace, text)) or any("\u4e00" <= char <= "\u9fff" for char in text))
