"""What the columns of a table hold of personal data: by their headers, by their values, and inside their texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from custval._frame import Table
from custval._kernels.dates_in_text import year_in
from custval._kernels.pii import find_spans, kinds_of
from custval._kernels.pii_headers import HeaderClue, header_clue, is_of_persons
from custval._kernels.pii_plausible import is_plausible
from custval.data_quality._cells import Cells, cells
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["Finding", "findings_in"]

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
_OF_A_PERSON = 0.6
_PROSE = 0.5  # from this share of longer texts on a column is one of texts
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


def findings_in(table: Table, name: str, most: int | None) -> list[Finding]:
    """What one column holds, the surest finding first; whatever its confidence."""
    clue = header_clue(name)
    if clue.kind == "name" and any(is_of_persons(other) for other in table.columns if other != name):
        # "name" alone does not say whose
        clue = clue._replace(strength=max(clue.strength, _OF_A_PERSON))
    column = _read(table, name)
    if column is None or column.kind == "boolean":
        return []
    looked = _Looked.at(column, most)
    if not looked.texts:
        return [] if clue.kind is None else [Finding(name, clue.kind, "value", None, 0, "header", clue.strength, ())]
    whole_value = _as_values(name, column, looked, clue)
    if column.kind != "text":
        return whole_value
    # a few addresses among other text do not make a column of addresses
    whole_value = [finding for finding in whole_value if not _are_a_few_addresses(finding, whole_value)]
    return whole_value + _inside(name, looked, clue, {finding.kind for finding in whole_value})


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


def _are_a_few_addresses(finding: Finding, found: list[Finding]) -> bool:
    few = finding.share is not None and finding.share < _WEIGHT["email"][1]
    return finding is found[0] and finding.kind == "email" and few and finding.evidence == "values"


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
    """Personal data inside longer texts, and where a column is one of longer texts, also what is all of a cell."""
    longer = [_is_longer_text(text) for text in looked.texts]
    is_prose = looked.share([place for place, is_longer in enumerate(longer) if is_longer]) >= _PROSE
    hits: dict[str, list[int]] = {}
    for place, (text, is_longer) in enumerate(zip(looked.texts, longer, strict=True)):
        for kind in _kinds_inside(text, is_longer=is_longer, is_prose=is_prose):
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


def _kinds_inside(text: str, *, is_longer: bool, is_prose: bool) -> set[str]:
    kinds = {"email"} if "@" in text and "email" in kinds_of(text) else set()
    if is_longer or is_prose:
        length = len(text.strip())
        kinds |= {span.kind for span in find_spans(text) if is_prose or span.stop - span.start < length}
    return kinds


def _is_longer_text(text: str) -> bool:
    """Words, and not a code with hyphens."""
    text = text.strip()
    return len(text) >= 4 and (any(map(str.isspace, text)) or any("\u4e00" <= char <= "\u9fff" for char in text))
