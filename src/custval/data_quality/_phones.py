"""Phone numbers as E.164 writes them: with own rules for China and North America, or the world's by phonenumbers."""

from __future__ import annotations

import re

from custval.data_quality._clean_text import words
from custval.data_quality._outcome import Outcome, QuickReader, Reader
from custval.errors import CustvalError

__all__ = ["phone_reader", "quick_phone_reader"]

# ITU-T E.164, the country codes that are in use
_COUNTRY_CODES = words(
    "1 7 20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 "
    "237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 "
    "262 263 264 265 266 267 268 269 27 290 291 297 298 299 30 31 32 33 34 350 351 352 353 354 355 "
    "356 357 358 359 36 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 39 40 41 "
    "420 421 423 43 44 45 46 47 48 49 500 501 502 503 504 505 506 507 508 509 51 52 53 54 55 56 57 "
    "58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 670 672 673 674 675 676 677 678 "
    "679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 81 82 84 850 852 853 855 856 86 870 "
    "878 880 881 882 883 886 888 90 91 92 93 94 95 960 961 962 963 964 965 966 967 968 970 971 972 "
    "973 974 975 976 977 979 98 992 993 994 995 996 998"
)
# where a 0 before the number is dialled inside the country only, as the ITU's lists of dialling procedures have it
_TRUNK_ZERO = words(
    "20 27 31 32 33 40 41 43 44 46 49 51 53 54 55 57 58 60 61 62 63 64 66 81 82 84 90 91 92 93 94 95 98 211 212 213 "
    "218 231 232 233 234 243 249 251 252 254 255 256 260 261 262 263 264 265 291 353 355 358 359 370 373 374 377 380 "
    "381 382 383 385 386 387 389 421 423 590 591 593 594 595 596 598 850 855 856 880 886 961 962 963 964 966 967 970 "
    "971 972 976 977 994 995 996"
)
# where numbers begin with a 0 by themselves
_OWN_ZERO = words("39 47 225 226 227 229 241 242 378 379 800")
_PREFIX = re.compile(r"^(?:tel|phone|mobile|cell|手机|电话|联系电话|t|m)[.:： ]*(?=[+(0-9])", re.IGNORECASE)
_EXTENSION = re.compile(r"[ ,;]*(?:ext(?:ension)?\.?|;ext=|x|#|转|分机)[ :.=]*(\d{1,7})$", re.IGNORECASE)
_NO_DIGIT = re.compile("[^0-9]+")
_DECIMAL = re.compile(r"(\d{7,15})\.0")
_WRITTEN = re.compile(r"\+?[0-9()\[\] ./\-‐‑‒–—―·]+")
# "0755-2345678/9": the last digits of a second line; "0755-2345678-9": the same, or an extension
_SECOND_LINE = re.compile(r"\d(?:[ -]?\d){6,} ?[/,;、] ?\d{1,4}|0\d{2,3}[ -]\d{7,8} ?- ?\d{1,6}", re.ASCII)
_TWO = re.compile(r"[/,;、|]|\bor\b|或")
# China: mobiles; 2-digit area codes with 8 digits; 3-digit ones with 7 or 8; service numbers
_CHINA_MOBILE = re.compile(r"1[3-9]\d{9}")
_CHINA_LANDLINE = re.compile(r"(?:10|2[0-57-9])\d{8}|[3-9]\d{2}\d{7,8}")
_CHINA_SERVICE = re.compile(r"[48]00\d{7}")
_NORTH_AMERICA = re.compile(r"[2-9]\d{2}[2-9]\d{6}")
_NANP = frozenset({"US", "CA", "PR", "DO", "JM", "BS", "BB", "TT"})


def phone_reader(region: str | None, *, world: bool = False) -> Reader:
    """A reader of numbers; those without a country code are of `region`, a code of two letters."""
    return _world_reader(region) if world else _own_reader(region)


def _parts(text: str) -> tuple[str, str, str]:
    """The number as written, its extension, and why it cannot be read."""
    whole = _DECIMAL.fullmatch(text)
    written = whole[1] if whole else _PREFIX.sub("", text).strip()
    extension = ""
    found = _EXTENSION.search(written)
    if found:
        written, extension = written[: found.start()], found[1]
    digits = len(_NO_DIGIT.sub("", written))
    if digits < 3:
        return written, extension, "no number: too few digits"
    if digits > 15 or _SECOND_LINE.fullmatch(written) or (_TWO.search(written) and digits >= 14):
        return written, extension, "more than one number, or too many digits"
    if not _WRITTEN.fullmatch(written):
        return written, extension, "no number: other signs than digits, brackets and separators"
    return written, extension, ""


_ABROAD = r"(?:\+|00)86[ -]?1[3-9](?:[ -]?[0-9]){9}|\+1[ -]?\(?[2-9][0-9]{2}\)?[ -]?[2-9][0-9]{2}[ -]?[0-9]{4}"
_USUAL = re.compile(_ABROAD)
_USUAL_AT_HOME = re.compile(rf"1[3-9](?:[ -]?[0-9]){{9}}|{_ABROAD}")
_SEPARATORS = str.maketrans("", "", " ()-./")


def quick_phone_reader(region: str | None) -> QuickReader:
    """What `phone_reader` by own rules answers to mobiles of China and to +1 numbers as they are mostly written."""
    usual = (_USUAL_AT_HOME if region == "CN" else _USUAL).fullmatch

    def read(text: str) -> tuple[str, str] | None:
        if not usual(text):
            return None
        digits = text.translate(_SEPARATORS)
        if digits[0] != "+":
            digits = f"+{digits[2:]}" if digits[0] == "0" else f"+86{digits}"
        return digits, "" if digits == text else "phone in E.164"

    return read


def _own_reader(region: str | None) -> Reader:
    # what most cells of a Chinese table hold, without the long way
    usual = re.compile(r"(?:\+86)?(1[3-9]\d{9})" if region == "CN" else r"\+86(1[3-9]\d{9})", re.ASCII)

    def read(text: str) -> Outcome:
        mobile = usual.fullmatch(text.translate(_SEPARATORS))
        if mobile:
            return _outcome(text, f"+86{mobile[1]}", "")
        written, extension, problem = _parts(text)
        if problem:
            return Outcome(text, problem=problem)
        international, digits = _international(written)
        number, problem = _of_country(digits) if international else _of_region(digits, region)
        if problem:
            return Outcome(text, problem=problem)
        return _outcome(text, number, extension)

    return read


def _outcome(text: str, number: str, extension: str) -> Outcome:
    value = number + (f";ext={extension}" if extension else "")
    return Outcome(value, "phone in E.164" if value != text else "")


def _international(written: str) -> tuple[bool, str]:
    """Whether a number begins with its country code, and its digits."""
    bare = written.strip()
    # the 0 in brackets of "+44 (0)20" is dialled inside the country only
    if bare.startswith("+"):
        bare = re.sub(r"[(\[]0[)\]]", "", bare)
    digits = _NO_DIGIT.sub("", bare)
    if bare.lstrip("([ ").startswith("+"):
        return True, digits
    if digits.startswith("00") and len(digits) > 9:
        return True, digits[2:]
    return False, digits


def _of_country(digits: str) -> tuple[str, str]:
    code = next((digits[:n] for n in (1, 2, 3) if digits[:n] in _COUNTRY_CODES), None)
    if code is None:
        return "", "no country has this code"
    rest = digits[len(code) :]
    if code == "86":
        national = _chinese(rest, abroad=True)
        return (f"+86{national}", "") if national else ("", "no Chinese number: its digits do not fit")
    if code == "1" and not _NORTH_AMERICA.fullmatch(rest):
        return "", "no North American number: its digits do not fit"
    rest = _without_trunk(code, rest)
    digits = code + rest
    if rest.startswith("0") and code not in _OWN_ZERO:
        return "", "no number of this country begins with 0 behind the country code"
    if not len(rest) >= 4 or not 7 <= len(digits) <= 15:
        return "", "not as many digits as a number with a country code has"
    return f"+{digits}", ""


def _without_trunk(code: str, rest: str) -> str:
    """A number without the digits that are dialled before it inside its country: +44 020 … and +7 8 495 …."""
    if code in _TRUNK_ZERO:
        return rest.removeprefix("0")
    if code == "7" and len(rest) == 11:
        return rest.removeprefix("8")
    return rest.removeprefix("06") if code == "36" and rest.startswith("06") else rest


def _of_region(digits: str, region: str | None) -> tuple[str, str]:
    if region is None:
        return "", "no country code; say where numbers without one are from: region='CN'"
    if region == "CN":
        national = _chinese(digits, abroad=False)
        if national is None and digits.startswith("86"):
            national = _chinese(digits[2:], abroad=True)
        if national:
            return f"+86{national}", ""
        return "", "no Chinese number: no mobile, and no area code"
    if region in _NANP:
        national = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
        if _NORTH_AMERICA.fullmatch(national):
            return f"+1{national}", ""
        return "", "no North American number: its digits do not fit"
    return "", f"own rules know no numbers of {region}; install custval[contacts] and say phones='phonenumbers'"


def _chinese(digits: str, *, abroad: bool) -> str | None:
    """A number as dialled from abroad, or None; an area code has a 0 before it inside the country."""
    national = digits.removeprefix("0")
    if _CHINA_MOBILE.fullmatch(national) or _CHINA_SERVICE.fullmatch(digits):
        return national
    if national == digits and not abroad:
        return None
    return national if _CHINA_LANDLINE.fullmatch(national) else None


def _world_reader(region: str | None) -> Reader:
    try:
        import phonenumbers  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise CustvalError(
            "phones='phonenumbers' needs the package phonenumbers, which is not installed",
            suggestion="pip install 'custval[contacts]'",
            code="optional",
        ) from None

    def read(text: str) -> Outcome:
        written, extension, problem = _parts(text)
        if problem:
            return Outcome(text, problem=problem)
        international, digits = _international(written)
        if not international and region is None:
            return Outcome(text, problem="no country code; say where numbers without one are from: region='CN'")
        try:
            number = phonenumbers.parse(f"+{digits}" if international else digits, None if international else region)
        except phonenumbers.NumberParseException as error:
            return Outcome(text, problem=f"no number: {error}")
        if not phonenumbers.is_valid_number(number):
            return Outcome(text, problem="no number that is given out")
        return _outcome(text, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension)

    return read
