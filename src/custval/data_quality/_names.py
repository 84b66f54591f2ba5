"""Names of persons: the case and order of western ones, the writing of Chinese ones; what is no name is left."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from custval.data_quality._clean_text import clean, words
from custval.data_quality._outcome import Outcome

__all__ = ["read_family_name", "read_given_name", "read_person_name"]

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f〇々"
_CHINESE = re.compile(f"[{_HAN}]+(?:[ ·•・‧∙.]*[{_HAN}]+)*")
_DOT = re.compile(" ?[·•・‧∙.]+ ?")
_NO_NAME = re.compile(r"[0-9@/\\<>{}\[\]_=+*&%$#|~^!?;:]")
_COMPANY = re.compile(
    r"\b(?:ltd|limited|inc|llc|gmbh|plc|corp|corporation|company|co\.|s\.a\.|bv|pty|university|bank)\b|公司|集团|银行|大学|商店|超市|医院|学校",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(r"\b(?:of|the|on|at|for|in|with|and|und|et|or)\b", re.IGNORECASE)
_PARTICLES = words("van von der den de di da del della dei dos das du ten ter zu zum zur af av bin ibn bint el al y e")
_ARTICLES = words("la las los")
_SUFFIXES = {"jr": "Jr", "jr.": "Jr.", "sr": "Sr", "sr.": "Sr.", "phd": "PhD", "md": "MD", "esq": "Esq"}
_ROMAN = re.compile(r"(?:ii|iii|iv|vi|vii|viii|ix)$", re.IGNORECASE)
# family names of Vietnam: their bearers' middle name Van is no particle
_VIETNAMESE = words("nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly")
_VOWEL = re.compile("[aeiouyAEIOUYÀ-ÖØ-öø-ÿ]")
_SHORT_NAMES = frozenset({"NG"})
_PARTS = re.compile(r"([-'’ʼ.])")


def read_person_name(text: str) -> Outcome:
    """A full name: western given name first, Chinese family name first."""
    return _read(text, whole=True, begins=True)


def read_given_name(text: str) -> Outcome:
    """A given name by itself: no particle begins it."""
    return _read(text, whole=False, begins=True)


def read_family_name(text: str) -> Outcome:
    """A family name by itself: it may begin with a particle."""
    return _read(text, whole=False, begins=False)


def _read(text: str, *, whole: bool, begins: bool) -> Outcome:
    found = _read_once(text, whole=whole, begins=begins)
    if found.problem or found.value is None or found.value.isascii():
        return found
    # a few letters have no capital of their own, or one that is written differently: such names are let be
    value = unicodedata.normalize("NFKC", found.value)
    stays = clean(value) == value and _read_once(value, whole=whole, begins=begins).value == value
    return found._replace(value=value) if stays else Outcome(text)


def _read_once(text: str, *, whole: bool, begins: bool) -> Outcome:
    if _NO_NAME.search(text):
        return Outcome(text, problem="no name: it holds digits or signs")
    if _NO_PERSON.search(text):
        return Outcome(text, problem="no name of one person, by its small words")
    if _COMPANY.search(text):
        return Outcome(text, problem="the name of an organization, it seems")
    if _CHINESE.fullmatch(text):
        written = _chinese(text)
        return Outcome(written, "Chinese name" if written != text else "")
    value, rules = text, []
    if whole and (turned := _given_name_first(value)) is not None:
        value, rules = turned, ["given name first"]
    cased = _western(value.replace("’", "'").replace("ʼ", "'").replace("`", "'"), begins=begins)
    if cased != value:
        rules.append("name case")
    return Outcome(cased, "; ".join(rules))


def _chinese(text: str) -> str:
    """Without spaces; a dot between the parts of a name that was put into Chinese letters is a middle dot."""
    return _DOT.sub("·", text.strip("·•・‧∙.")).replace(" ", "")


def _given_name_first(text: str) -> str | None:
    """A name like "Smith, John" as "John Smith"; None where there is nothing to turn round."""
    family, comma, given = text.partition(",")
    family, given = family.strip(), given.strip()
    if not comma or "," in given or not family or not given:
        return None
    if given.casefold() in _SUFFIXES or _ROMAN.fullmatch(given):
        return None
    return f"{given} {family}"


def _western(text: str, *, begins: bool) -> str:
    words = text.split(" ")
    one_case = text.upper() == text or text.lower() == text
    lower = [word.casefold() for word in words]
    asian = lower[0] in _VIETNAMESE
    # what comes last carries the name, and so does the first word of a full name
    return " ".join(
        _word(
            word,
            one_case=one_case,
            particle=place < len(words) - 1 and not asian and _is_particle(lower, place, begins=begins),
        )
        for place, word in enumerate(words)
    )


def _is_particle(words: Sequence[str], place: int, *, begins: bool) -> bool:
    """Whether a word is one that is written small in front of a family name."""
    word = words[place]
    if place == 0:
        return not begins and word in _PARTICLES and len(word) > 1
    return word in _PARTICLES or (word in _ARTICLES and words[place - 1] == "de")


def _word(word: str, *, one_case: bool, particle: bool) -> str:
    folded = word.casefold()
    is_upper, is_lower = word.isupper(), word.islower()
    if not is_upper and not is_lower:
        return word  # McDonald, DiCaprio, LaToya: whoever wrote it knew
    if particle:
        return folded if one_case or is_lower else word.capitalize()
    if is_upper and _stays_upper(word, one_case=one_case):
        return word
    if folded.rstrip(",") in _SUFFIXES:
        return _SUFFIXES[folded.rstrip(",")] + word[len(folded.rstrip(",")) :]
    return _proper(word)


def _stays_upper(word: str, *, one_case: bool) -> bool:
    """Roman numerals and initials."""
    letters = word.replace(".", "")
    if len(letters) <= 1 or _ROMAN.fullmatch(letters):
        return True
    if letters in _SHORT_NAMES:
        return False
    # "J.R.", "TJ": in a name of capitals only what cannot be spoken is taken for initials
    return (len(letters) < len(word) and len(word) >= 2 * len(letters) - 1) or (
        len(letters) == 2 and (not one_case or not _VOWEL.search(letters))
    )


def _proper(word: str) -> str:
    """A word with its capitals: after hyphens, after O' and D', after Mc."""
    parts = _PARTS.split(word)
    done: list[str] = []
    for place, part in enumerate(parts):
        after_apostrophe = place >= 2 and parts[place - 1] in "'’ʼ"
        if after_apostrophe and len(parts[place - 2]) != 1:
            done.append(_lower(part))
        else:
            done.append(_capital(part))
    return "".join(done)


def _capital(part: str) -> str:
    lower = _lower(part)
    if lower.startswith("mc") and len(lower) > 4 and lower[2].isalpha():
        return "Mc" + _upper(lower[2]) + lower[3:]
    # what is a capital stays the one it is: İ is not I
    return (part[:1] if part[:1].isupper() else _upper(lower[:1])) + lower[1:]


def _lower(text: str) -> str:
    """In small letters; Turkish İ as i without a second dot."""
    return text.replace("İ", "i").lower()


def _upper(letter: str) -> str:
    """A capital, if it is one letter."""
    upper = letter.upper()
    return upper if len(upper) == 1 else letter
