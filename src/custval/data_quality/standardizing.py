"""One spelling for each thing: names, phones, mail addresses, places, codes; every changed cell on record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from custval._check import choice, flag
from custval._frame import Table, distinct_texts, enter, holds_text, replace_texts, to_mapping
from custval._result import Result
from custval.data_quality._changes import ColumnChanges, changes_of, log_of, refuse_problems, unparsed_of
from custval.data_quality._clean_text import clean, clean_as, clean_header, unclear
from custval.data_quality._columns_named import columns_named
from custval.data_quality._kinds import KINDS, is_vague, kind_by_name
from custval.data_quality._missing import Missing
from custval.data_quality._outcome import Outcome, Reader
from custval.data_quality._readers import Options, date_policy, quick_reader_for, reader_for
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._standardized_page import standardized_page
from custval.typing import IntoFrame

__all__ = ["Standardized", "standardize"]

_ENOUGH = 0.5
_OF_PERSONS = 0.95
_SURE = 0.8
_LOOKED_AT = 1_000
_LONGEST = 1_000
_FIRST_ROWS = 10_000
_FEW = 20
_BY_VALUES = ("email", "id_number", "credit_code")
_FIRST = frozenset({"boolean", "gender"})


@dataclasses.dataclass(frozen=True, slots=True)
class Standardized(Result):
    """What `standardize` gives back.

    Attributes
    ----------
    frame : frame
        All rows, in input order; columns of text stay columns of text.
    changes : frame
        What was changed, one row per distinct change: `column, before, after, rule, cells`; those of most cells first.
    log : frame
        The account of it, one row per changed cell: `row` (from 0), `column` (its name in `frame`), `before`, `after`,
        `rule`.
    unparsed : frame
        One row per cell that its column's kind does not fit: `row, column, value, kind, reason`.
    kinds : mapping of str to str
        The columns that were looked at, and as what.
    headers : mapping of str to str
        The columns that have another name now: before → after.
    """

    frame: Any
    changes: Any
    log: Any
    unparsed: Any
    kinds: Mapping[str, str] = dataclasses.field(hash=False)
    headers: Mapping[str, str] = dataclasses.field(hash=False)

    def __post_init__(self) -> None:
        seal(self, "frame", "changes", "log", "unparsed")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """The standardized table."""
        return self.frame

    def _repr_html_(self) -> str:
        changes, unparsed = enter(self.changes), enter(self.unparsed)
        return standardized_page(
            len(enter(self.frame)), len(enter(self.log)), to_mapping(changes), to_mapping(unparsed), self.kinds
        )


def standardize(
    frame: IntoFrame,
    columns: Mapping[str, str | None] | str | Iterable[str] | None = None,
    *,
    region: str | None = None,
    missing: Mapping[str, Sequence[Any]] | None = None,
    emails: Literal["domain", "lower", "mailbox"] = "domain",
    phones: Literal["own", "phonenumbers"] = "own",
    countries: Literal["alpha2", "alpha3", "english", "chinese"] = "alpha2",
    places: Literal["short", "full", "latin"] = "short",
    day_first: bool | None = None,
    two_digit_years: int | None = None,
    headers: bool = True,
    errors: Literal["keep", "null", "raise"] = "keep",
) -> Standardized:
    r"""Bring names, phones, mail addresses, places, codes and dates to one spelling, and record every change.

    Columns of text whose kind is known by their name (in English or Chinese) and fits their values are standardized;
    other columns are left alone. What a value does not say is not guessed: it stays, with its characters cleaned, and
    is listed with the reason.

    Parameters
    ----------
    frame : frame
    columns : mapping of str to str, str or list of str, optional
        Which columns, and as what: `{"tel": "phone"}`; names alone, or a kind None, find out the kind. Default: all.
        Kinds are "name", "given_name", "family_name", "email", "phone", "date", "gender", "boolean", "country",
        "province", "city", "postcode", "id_number", "credit_code", "id" and "text" (characters and spaces only).
    region : str, optional
        The country (two letters) of phones and postcodes that do not say theirs, such as "CN" or "US".
    missing : mapping of str to sequence, optional
        What stands for "missing" in some columns, in place of the usual spellings ("?", "NA", "N/A", "\\N", "-",
        "null", "无" …): `{"age": [-99, 999]}`, also in columns of numbers; `{"note": []}` for nothing.
    emails : {"domain", "lower", "mailbox"}
        What may change in an address. `"domain"`: only its domain is brought to small letters, which is safe.
        `"lower"`: all of it. `"mailbox"`: and what follows "+" is cut off, and the dots of Gmail's.
    phones : {"own", "phonenumbers"}
        By own rules: numbers with a country code, and those of China and North America. `"phonenumbers"` knows the
        world's, and needs `custval[contacts]`.
    countries : {"alpha2", "alpha3", "english", "chinese"}
        How countries are written: by codes or short names of ISO 3166-1.
    places : {"short", "full", "latin"}
        How Chinese provinces and prefectures are written: 广东, 广东省 or Guangdong. Latin letters are read as pinyin
        if `region="CN"`, or if at least half of the column's values are in Chinese.
    day_first : bool, optional
        Of dates such as 01/02/2020 whether the day stands first; see `to_dates`.
    two_digit_years : int, optional
        The latest year that two digits may mean; see `to_dates`.
    headers : bool
        Whether the names of columns are freed from byte order marks, blanks and full-width letters. Names that would
        fall together stay as they are.
    errors : {"keep", "null", "raise"}
        What becomes of values that their column's kind does not fit: they stay, become null (both listed in
        `.unparsed`), or raise.

    Returns
    -------
    Standardized
        `.frame`, `.changes`, `.log`, `.unparsed`, `.kinds`, `.headers`.

    Raises
    ------
    ColumnError
        If a named column is missing.
    DataError
        If the frame is lazy, or with `errors="raise"` if there are values that a kind does not fit.
    CustvalError
        If a parameter is none of its options, or phonenumbers is asked for and not installed.

    Notes
    -----
    *Characters.* Every value that is looked at is first brought to Unicode's NFKC, without invisible characters, with
    single blanks. A value in a wrong encoding (MÃ¼ller) is left and listed, since this would spoil what can be mended;
    so are phones, addresses, codes and dates with a footnote's sign or a control character inside.

    *Names.* What is all in capitals or all in small letters gets its capitals (McDonald, O'Neil, Jean-Luc, van der);
    what has both is believed. "Smith, John" becomes "John Smith". Chinese names lose their blanks and keep their
    order. Digits, signs and companies are no names, and left.

    *Phones* become E.164, with `;ext=` for an extension. *Genders* become "male", "female", "other"; digits are read
    by ISO/IEC 5218 where the column has a 2. *Booleans* become "true" and "false", *dates* ISO 8601, all as text;
    `to_dates` and `to_numeric` change the type. *Identity numbers* of 15 digits are completed to 18, and their check
    characters verified. *Postcodes* are those of CN, US, GB, DE and AU.

    Numbers in columns of numbers are read (as text, and become text) only where `columns` names the kind.

    A second time changes nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import standardize
    >>> people = pd.DataFrame(
    ...     {
    ...         " 姓名": ["JOHN MCDONALD", "欧阳 娜娜", "van der berg, jan"],
    ...         "手机": ["１３８ ００１３ ８０００", "+1 (212) 555-0123", "555-0123"],
    ...         "country": ["中国", "USA", "u.k."],
    ...     }
    ... )
    >>> result = standardize(people, region="CN")
    >>> result.frame
                    姓名              手机 country
    0     John McDonald  +8613800138000      CN
    1              欧阳娜娜    +12125550123      US
    2  Jan van der Berg        555-0123      GB
    >>> result.unparsed[["row", "column", "reason"]]
       row column                                        reason
    0    2     手机  no Chinese number: no mobile, and no area code
    >>> result.log.loc[0].to_dict()
    {'row': 0, 'column': '姓名', 'before': 'JOHN MCDONALD', 'after': 'John McDonald', 'rule': 'name case'}
    """
    policy = choice(errors, "errors", ("keep", "null", "raise"))
    options = Options.checked(
        region,
        emails=emails,
        phones=phones,
        countries=countries,
        places=places,
        dates=date_policy(day_first, two_digit_years),
    )
    table = enter(frame)
    renamed = _headers(table.columns) if flag(headers, "headers") else {}
    wanted = _wanted(table, columns, renamed)
    spellings = Missing(missing, table, renamed)
    changed, kinds, made = [], {}, {}
    for column, (kind, said) in wanted.items():
        name = renamed.get(column, column)
        work = _Column(table, column, name, spellings, options)
        change = work.changes(kind, said=said, nullify=policy == "null")
        if change is None:
            continue
        if change.kind != "text" or said:
            kinds[name] = change.kind
        changed.append(change)
        if any(change.rules) or not holds_text(table[column]):
            made[column] = replace_texts(table[column], change.texts, change.after)
    for column in spellings.numeric():
        if column in made:
            continue  # read as text
        series, change = spellings.null_numbers(column, renamed.get(column, column))
        if any(change.rules):
            made[column] = series
        changed.append(change)
    if policy == "raise":
        refuse_problems(table, changed, "keep")
    named = [series.alias(column) for column, series in made.items()]
    result = table.frame.with_columns(*named) if named else table.frame
    return Standardized(
        frame=table.leave(result.rename(renamed) if renamed else result),
        changes=changes_of(table, changed),
        log=log_of(table, changed),
        unparsed=unparsed_of(table, changed),
        kinds=kinds,
        headers=renamed,
    )


def _headers(names: Sequence[str]) -> dict[str, str]:
    """New names for columns, where they are free."""
    cleaned = {name: _clean_fully(name) for name in names}
    taken = list(cleaned.values())
    return {name: new for name, new in cleaned.items() if new and new != name and taken.count(new) == 1}


def _clean_fully(name: str) -> str:
    for _ in range(5):
        name, before = clean_header(name), name
        if name == before:
            break
    return name


def _wanted(table: Table, columns: Any, renamed: Mapping[str, str]) -> dict[str, tuple[str | None, bool]]:
    """The columns to look at: their kind (None: to be found), and whether it was said."""
    if columns is None:
        return dict.fromkeys(table.columns, (None, False))
    names = columns
    if isinstance(columns, Iterable) and not isinstance(columns, (str, bytes)):
        # the new name of a column will do
        old_names = {new: old for old, new in renamed.items() if new not in table.columns}
        names = [old_names.get(name, name) if isinstance(name, str) else name for name in columns]
    names = columns_named(table, names)
    kinds = list(columns.values()) if isinstance(columns, Mapping) else [None] * len(names)
    for name, kind in zip(names, kinds, strict=True):
        if kind is not None:
            choice(kind, f"the kind of column {name!r}", KINDS)
    return {name: (kind, kind is not None) for name, kind in zip(names, kinds, strict=True)}


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    """A column on its way."""

    table: Table
    column: str
    name: str
    missing: Missing
    options: Options

    def changes(self, kind: str | None, *, said: bool, nullify: bool) -> ColumnChanges | None:
        """What becomes of the column; None if nothing is to be done with it."""
        series = self.table[self.column]
        if not said:
            if not holds_text(series):
                return None
            kind = self._found(series)
            if kind is None and not self.missing.says(self.column):
                return None
        texts = distinct_texts(series, everything=said)
        quick = None if self.missing.says(self.column) else quick_reader_for(kind, self.options)
        if quick is None:
            return ColumnChanges(self.name, kind or "text", texts, *self._read(texts.distinct, kind, nullify=nullify))
        # the usual forms are as they are read by `_read`, in a tenth of the time
        settled = list(map(quick, texts.distinct))
        others = [text for text, done in zip(texts.distinct, settled, strict=True) if done is None]
        rest = zip(*self._read(others, kind, nullify=nullify), strict=True)
        both = [next(rest) if done is None else (*done, "") for done in settled]
        after, rules, problems = zip(*both, strict=True) if both else ((), (), ())
        return ColumnChanges(self.name, kind or "text", texts, after, rules, problems)

    def _read(
        self, texts: Sequence[str], kind: str | None, *, nullify: bool
    ) -> tuple[list[str | None], list[str], list[str]]:
        """For each distinct text what it is now, by which rule, and what is wrong with it."""
        cleaned: Sequence[str] = [clean_as(text, kind or "text") for text in texts]
        gone = [self.missing.is_missing(text, self.column, kind) for text in cleaned]
        if kind is None:  # of a column of no known kind, only what is missing goes
            cleaned = texts
        known = dict.fromkeys(text for text, lost in zip(cleaned, gone, strict=True) if not lost)
        read = reader_for(kind, list(known), self.options)
        outcomes = [self._outcome(text, kind, read, lost=lost) for text, lost in zip(cleaned, gone, strict=True)]
        return self._recorded(texts, cleaned, outcomes, nullify=nullify)

    def _found(self, series: Any) -> str | None:
        """The kind that the name says, if the values agree; or the kind that the values show without a doubt."""
        sample = self._sample(series)
        by_name = kind_by_name(clean_header(self.column))
        if by_name is not None:
            enough = _OF_PERSONS if is_vague(clean_header(self.column)) else _ENOUGH
            return by_name if self._share(sample, by_name) >= enough else None
        # one look at a few values, since most columns are none of these
        likely = [kind for kind in _BY_VALUES if self._share(sample[:_FEW], kind) >= _ENOUGH]
        return next((kind for kind in likely if self._share(sample, kind) >= _SURE), None)

    def _sample(self, series: Any) -> list[str]:
        """Some distinct values that are not missing, cleaned: of the first rows, or of all if those hold few."""
        for rows in (_FIRST_ROWS, len(series)):
            distinct = distinct_texts(series.head(rows)).distinct[:_LOOKED_AT]
            cleaned = [clean(text[:_LONGEST]) for text in distinct]
            known = [text for text in cleaned if not self.missing.is_missing(text, self.column)]
            if len(known) >= _FEW or rows >= len(series):
                break
        return known

    def _share(self, sample: Sequence[str], kind: str) -> float:
        """The share of the distinct values that a kind understands; phones without a region count by their shape."""
        known = list(dict.fromkeys(sample))
        if not known:
            return 0.0
        read = reader_for(kind, known, self.options)
        problems = [read(text).problem for text in known]
        return sum(not problem or _needs_a_word(problem) for problem in problems) / len(known)

    def _outcome(self, text: str, kind: str | None, read: Reader, *, lost: bool) -> Outcome:
        if lost:
            # a word for no, or for an unsaid gender, may be a spelling of missing elsewhere
            outcome = read(text) if kind in _FIRST and text and not self.missing.says(self.column) else None
            return Outcome(None, "spelling of missing") if outcome is None or outcome.problem else outcome
        if kind is not None and (problem := unclear(text, kind)):
            return Outcome(text, problem=problem)
        if len(text) > _LONGEST and kind not in {None, "text", "id"}:
            return Outcome(text, problem="too long to be one")
        if kind == "country" and text == "NA" and not self.missing.says(self.column):
            return Outcome(text, problem="NA is Namibia, and a spelling of missing; say missing={column: ['NA']} or []")
        return read(text)

    @staticmethod
    def _recorded(
        texts: Sequence[str], cleaned: Sequence[str], outcomes: Sequence[Outcome], *, nullify: bool
    ) -> tuple[list[str | None], list[str], list[str]]:
        after: list[str | None] = []
        rules: list[str] = []
        for before, plain, outcome in zip(texts, cleaned, outcomes, strict=True):
            if outcome.value == before and not (nullify and outcome.problem):
                after.append(before)
                rules.append("")
                continue
            value = None if nullify and outcome.problem else outcome.value
            after.append(value)
            steps = ["characters and spaces"] if plain != before and value is not None else []
            steps += [outcome.rule] if outcome.rule else []
            steps += [f"null: {outcome.problem}"] if nullify and outcome.problem else []
            rules.append("; ".join(steps))
        return after, rules, [outcome.problem for outcome in outcomes]


def _needs_a_word(problem: str) -> bool:
    """Whether a value is of its kind for all that, and only a parameter is wanting."""
    return "say " in problem
