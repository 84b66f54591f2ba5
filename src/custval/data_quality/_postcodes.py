"""Postcodes of China, the United States, Great Britain, Germany and Australia."""

from __future__ import annotations

import re

from custval.data_quality._outcome import Outcome, Reader

__all__ = ["POSTCODE_REGIONS", "postcode_reader"]

_GB = re.compile(r"(GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})")
_SHAPES = {
    "CN": re.compile(r"\d{6}"),
    "US": re.compile(r"\d{5}(?:-\d{4})?"),
    "GB": _GB,
    "DE": re.compile(r"\d{5}"),
    "AU": re.compile(r"\d{4}"),
}
POSTCODE_REGIONS = tuple(_SHAPES)
# the country before the code, where it is that of the table
_PREFIXES = {
    region: re.compile(rf"(?:{written})[ -]+(?=\d)")
    for region, written in {"CN": "CN|PRC", "US": "USA?", "DE": "DE?", "AU": "AUS?"}.items()
}


def postcode_reader(region: str | None) -> Reader:
    """A reader of postcodes of a region; without one (or of another), of any shape that one of them has."""

    def read(text: str) -> Outcome:
        bare = _tidy(text, region)
        if region in _SHAPES:
            fits = _SHAPES[region].fullmatch(bare) is not None
            problem = "" if fits else f"no postcode of {region}" + _too_short(bare, region)
        else:
            fits = region is None and any(shape.fullmatch(bare) for shape in _SHAPES.values())
            problem = "" if fits or region is not None else "no postcode of a known shape"
        if not fits:
            return Outcome(text, problem=problem)
        return Outcome(bare, "postcode" if bare != text else "")

    return read


def _tidy(text: str, region: str | None) -> str:
    bare = text.upper()
    if region in _PREFIXES:
        bare = _PREFIXES[region].sub("", bare, count=1)
    british = _GB.fullmatch(bare.replace(" ", ""))
    if british:
        return f"{british[1]} {british[2]}"
    bare = re.sub(r"(?<=\d)\.0$", "", bare)
    zip_code = re.fullmatch(r"(\d{5}) ?[-–] ?(\d{4})|(\d{5}) (\d{4})|(\d{9})", bare)
    if zip_code:
        digits = re.sub(r"\D", "", bare)
        return f"{digits[:5]}-{digits[5:]}"
    return re.sub(r"(?<=\d) (?=\d)", "", bare)


def _too_short(bare: str, region: str) -> str:
    length = {"CN": 6, "US": 5, "DE": 5, "AU": 4}.get(region)
    lost = length is not None and bare.isdecimal() and len(bare) == length - 1
    return "; a leading zero may be lost" if lost else ""
