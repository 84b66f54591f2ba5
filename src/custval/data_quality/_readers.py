"""The reader of each kind of column, with the options of `standardize`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from custval._check import choice, flag, whole
from custval.data_quality._countries import COUNTRIES
from custval.data_quality._date_text import Policy, Read, day_first_evidence, resolve, scan
from custval.data_quality._emails import EMAIL_POLICIES, email_reader, quick_email_reader
from custval.data_quality._identity import read_credit_code, read_resident_id
from custval.data_quality._names import read_family_name, read_given_name, read_person_name
from custval.data_quality._outcome import Outcome, QuickReader, Reader
from custval.data_quality._phones import phone_reader, quick_phone_reader
from custval.data_quality._postcodes import postcode_reader
from custval.data_quality._regions import COUNTRY_FORMS, PLACE_FORMS, city_reader, country_reader, province_reader
from custval.data_quality._vocabularies import gender_reader, read_boolean
from custval.errors import CustvalError

__all__ = ["Options", "date_policy", "iso_text", "quick_reader_for", "reader_for"]


def date_policy(day_first: Any, two_digit_years: Any, serial: Any = None, epoch: Any = None) -> Policy:
    """The checked parameters about dates."""
    return Policy(
        None if day_first is None else flag(day_first, "day_first"),
        None if two_digit_years is None else whole(two_digit_years, "two_digit_years", at_least=100),
        None if serial is None else choice(serial, "serial", ("1900", "1904")),
        None if epoch is None else choice(epoch, "epoch", ("s", "ms", "us")),
    )


class Options(NamedTuple):
    """The parameters of `standardize` that readers need."""

    region: str | None
    emails: str
    phones: str
    countries: str
    places: str
    dates: Policy

    @classmethod
    def checked(cls, region: Any, *, emails: Any, phones: Any, countries: Any, places: Any, dates: Policy) -> Options:
        """The options, each one of its choices."""
        if region is not None and region not in [country.alpha2 for country in COUNTRIES]:
            raise CustvalError(
                f"region must be a country's two letters of ISO 3166-1, such as 'CN'; got {region!r}",
                suggestion="region='CN'",
            )
        return cls(
            region,
            choice(emails, "emails", EMAIL_POLICIES),
            choice(phones, "phones", ("own", "phonenumbers")),
            choice(countries, "countries", COUNTRY_FORMS),
            choice(places, "places", PLACE_FORMS),
            dates,
        )


def _unread(text: str) -> Outcome:
    return Outcome(text)


_FLOAT = re.compile(r"\d+\.0+|\d(?:\.\d+)?[eE]\+\d+", re.ASCII)


def _read_id(text: str) -> Outcome:
    """An identifier, as it stands; one that was a float once has perhaps lost zeros before it, or its last digits."""
    if _FLOAT.fullmatch(text):
        return Outcome(text, problem="an identifier that was read as a number; say dtype=str where its file is read")
    return Outcome(text)


def reader_for(kind: str | None, texts: Sequence[str], options: Options) -> Reader:
    """The reader of a kind; `texts` are the column's distinct values, cleaned, as far as they are known."""
    if kind == "email":
        return email_reader(options.emails)
    if kind == "phone":
        return phone_reader(options.region, world=options.phones == "phonenumbers")
    if kind == "country":
        return country_reader(options.countries)
    if kind == "province":
        return province_reader(texts, options.places, options.region)
    if kind == "city":
        return city_reader(texts, options.places, options.region)
    if kind == "postcode":
        return postcode_reader(options.region)
    if kind == "gender":
        return gender_reader(texts)
    if kind == "date":
        return _date_reader(texts, options.dates)
    return _PLAIN.get(kind or "", _unread)


def quick_reader_for(kind: str | None, options: Options) -> QuickReader | None:
    """For kinds of which a column holds millions of different values: what its reader answers to the usual forms."""
    if kind == "email":
        return quick_email_reader(options.emails)
    if kind == "phone" and options.phones == "own":
        return quick_phone_reader(options.region)
    return None


_PLAIN: dict[str, Reader] = {
    "name": read_person_name,
    "given_name": read_given_name,
    "family_name": read_family_name,
    "id_number": read_resident_id,
    "credit_code": read_credit_code,
    "boolean": read_boolean,
    "id": _read_id,
}


def with_evidence(policy: Policy, scanned: Any) -> Policy:
    """The policy, completed by what the other dates of the column show."""
    if policy.day_first is not None:
        return policy
    shown = day_first_evidence(scanned)
    return policy if shown is None else policy._replace(day_first=shown, evidence=", as other dates of the column show")


def _date_reader(texts: Sequence[str], policy: Policy) -> Reader:
    completed = with_evidence(policy, map(scan, texts))

    def read(text: str) -> Outcome:
        scanned = scan(text)
        found = resolve(scanned, completed)
        if found.problem or scanned.plain:
            return Outcome(text, problem=found.problem)
        return Outcome(iso_text(found), found.rule)

    return read


def iso_text(found: Read) -> str:
    """A date or time that was read, in ISO 8601."""
    if found.wall is None:
        return ""
    if not found.has_time:
        return found.wall.date().isoformat()
    if found.offset is None:
        return found.wall.isoformat()
    hours, minutes = divmod(abs(found.offset), 60)
    zone = f"{'-' if found.offset < 0 else '+'}{hours:02d}:{minutes:02d}"
    return found.wall.isoformat() + zone
