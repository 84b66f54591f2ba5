"""Which columns hold personal data, by their headers and by their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from custval._check import flag, number, whole
from custval._frame import Table, enter, nw
from custval._kernels.masks import mask_inside, mask_value
from custval.data_quality._findings import Finding, findings_in
from custval.data_quality._private import PrivateResult
from custval.data_quality._sealed import reduce_sealed, seal
from custval.typing import IntoFrame

__all__ = ["PersonalData", "find_pii"]


@dataclasses.dataclass(frozen=True, slots=True)
class PersonalData(PrivateResult):
    """What `find_pii` gives back.

    Attributes
    ----------
    columns : mapping of str to str
        The columns whose values are personal data, and their kind.
    free_text : mapping of str to tuple of str
        The columns of longer texts with personal data inside, and the kinds of it.
    findings : frame
        One row per column and kind: `column, kind, where`: "value" if the values of the column are of the kind,
        "inside" if it is a column of other text that holds some`; rows` whose value is of the kind, or that hold it
        anywhere (estimated from the values looked at)`; share`, the same as a share of the known rows`; evidence`
        ("header", "values", "header and values", "text")`; confidence, examples`.
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
    there are some), and the header is read (English, Chinese, German, French and Spanish, by the same words that
    `standardize` knows). A column full of a kind's forms is evidence v (0.99
    for e-mail addresses, 0.6 for dates that spread like birth dates, the others between), less where fewer values have
    the form; a header that names the kind is evidence h = 0.6 if at least half of the values can be of the kind, and
    none otherwise: `phone_brand` and a column `email` of yes and no are not found. The confidence is
    1 − (1 − v)(1 − h), an order and not a probability.

    *Names* are known by lists of common ones: a column counts as names from a quarter of known names on, if it has
    eight different ones. A clear header (first_name, Nachname, 姓名) is enough; `name` alone is one where another
    header says that the rows are persons (a birth date, an identity number, a given or family name). *Birth dates* are
    dates without a time of day whose first and last tenth lie 20 years apart.

    *Not found*: **names in running text**. Only those behind a title or an introduction are found (Mrs, Herr, Mme,
    Sra., "my name is", 我叫, 联系人); "ask Jane about it" stays as it is, since no rule tells Jane from June. Dates in
    text are found behind a word that says so (born, DOB, geb., né, nacido, 出生). Free text about persons is not safe
    to pass on, whatever is found in it. Neither is found what points to a person together with other columns only
    (city, gender, age: see `anonymity`), nor customer numbers.

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
    >>> dict(found.columns), dict(found.free_text)
    ({'col1': 'email', '手机': 'phone'}, {'note': ('email',)})
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
