"""Countries, Chinese provinces and prefectures, each by one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from custval.data_quality._chinese_places import PREFECTURES, PROVINCES
from custval.data_quality._countries import COUNTRIES, OTHER_NAMES
from custval.data_quality._outcome import Outcome, Reader

__all__ = ["COUNTRY_FORMS", "PLACE_FORMS", "city_reader", "country_reader", "province_reader"]

COUNTRY_FORMS = ("alpha2", "alpha3", "english", "chinese")
PLACE_FORMS = ("short", "full", "latin")

_HAN = re.compile("[\u4e00-\u9fff]")
_PROVINCE_BEFORE = re.compile("^(?:" + "|".join(name for p in PROVINCES for name in (p.full, p.short)) + ")[-,/·]?")
_MUNICIPALITIES = ("11", "12", "31", "50", "81", "82")
# how the railways, the post or the language of the place write it
_OTHER_LATIN = {
    "xizang": "西藏", "neimenggu": "内蒙古", "nei mongol": "内蒙古",
    "aomen": "澳门", "macau": "澳门", "xianggang": "香港",
    "shanxi province": "山西", "guangxi zhuang": "广西", "hongkong": "香港", "peking": "北京",
}  # fmt: skip
_OTHER_LATIN_CITIES = {
    "hohhot": "呼和浩特", "huhhot": "呼和浩特", "ordos": "鄂尔多斯", "hulunbuir": "呼伦贝尔", "bayannur": "巴彦淖尔",
    "ulanqab": "乌兰察布", "xilingol": "锡林郭勒", "hinggan": "兴安", "alxa": "阿拉善", "harbin": "哈尔滨",
    "qiqihar": "齐齐哈尔", "urumqi": "乌鲁木齐", "karamay": "克拉玛依", "turpan": "吐鲁番", "kashgar": "喀什",
    "hotan": "和田", "aksu": "阿克苏", "altay": "阿勒泰", "ili": "伊犁",
    "bortala": "博尔塔拉", "bayingolin": "巴音郭楞", "kizilsu": "克孜勒苏",
    "lhasa": "拉萨", "shigatse": "日喀则", "xigaze": "日喀则", "qamdo": "昌都", "nyingchi": "林芝",
    "nagqu": "那曲", "ngari": "阿里", "garze": "甘孜", "ngawa": "阿坝", "canton": "广州", "peking": "北京",
    "lüliang": "吕梁", "luliang": "吕梁",
}  # fmt: skip


def _key(name: str) -> str:
    """A name without case, accents, marks and small words."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c))
    plain = re.sub(r"\bst\b\.?", "saint", plain.replace("&", " and "))
    words = re.sub(r"[^\w]+", " ", plain.replace(".", "").replace("'", "").replace("’", "")).split()
    return " ".join(word for word in words if word not in {"the", "of", "and"})


@cache
def _countries() -> dict[str, int]:
    found: dict[str, int] = {}
    by_code = {country.alpha2: place for place, country in enumerate(COUNTRIES)}
    for place, country in enumerate(COUNTRIES):
        for name in country:
            found[_key(name)] = place
    for name, code in OTHER_NAMES.items():
        found[_key(name)] = by_code[code]
    return found


def country_reader(form: str) -> Reader:
    """A reader of countries of ISO 3166-1 into one of `COUNTRY_FORMS`."""
    known = _countries()
    column = COUNTRY_FORMS.index(form)

    def read(text: str) -> Outcome:
        place = known.get(_key(text))
        if place is None:
            return Outcome(text, problem="no country of ISO 3166-1 by this name")
        value = COUNTRIES[place][column]
        return Outcome(value, f"country ({form})" if value != text else "")

    return read


def _latin_key(name: str) -> str:
    bare = re.sub(r"[^a-zü ]", "", _without_accents(name.casefold()).replace("'", "").replace("-", ""))
    bare = re.sub(r" (?:province|city|shi|sheng|municipality|autonomous region|prefecture|sar)$", "", bare)
    return bare.replace(" ", "")


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def _unambiguous(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Latin spellings of one place only."""
    counts = Counter(latin for latin, _ in dict.fromkeys(pairs))
    return {latin: short for latin, short in pairs if counts[latin] == 1}


Written = tuple[str, str, str]


@cache
def _provinces() -> tuple[dict[str, str], dict[str, str], dict[str, Written]]:
    chinese: dict[str, str] = {}
    for province in PROVINCES:
        for name in (province.short, province.full, province.short + "省", province.short + "市"):
            chinese[name] = province.short
    chinese |= {
        "内蒙": "内蒙古",
        "内蒙古自治区": "内蒙古",
        "广西自治区": "广西",
        "宁夏自治区": "宁夏",
        "新疆自治区": "新疆",
    }
    latin = {_latin_key(province.latin): province.short for province in PROVINCES}
    latin |= {_latin_key(name): short for name, short in _OTHER_LATIN.items()}
    return chinese, latin, {p.short: (p.short, p.full, p.latin) for p in PROVINCES}


@cache
def _cities() -> tuple[dict[str, str], dict[str, str], dict[str, Written]]:
    chinese: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    forms: dict[str, Written] = {}
    for province in PROVINCES:
        if province.code in _MUNICIPALITIES:
            forms[province.short] = (province.short, province.full, province.latin)
            chinese |= dict.fromkeys((province.short, province.full, province.short + "市"), province.short)
            pairs.append((_latin_key(province.latin), province.short))
    provinces = {province.short for province in PROVINCES} - {"吉林"}  # which is a city, too
    for city in PREFECTURES:
        short = city.full if city.short in provinces else city.short
        forms[short] = (short, city.full, city.latin.capitalize())
        names = [short, city.full, *([f"{city.short}州"] if city.full.endswith("自治州") else [])]
        chinese |= dict.fromkeys(names, short)
        pairs.append((city.latin, short))
    latin = _unambiguous(pairs) | {_latin_key(name): short for name, short in _OTHER_LATIN_CITIES.items()}
    return chinese, latin, forms


def province_reader(texts: Sequence[str], form: str, region: str | None) -> Reader:
    """A reader of Chinese provinces into one of `PLACE_FORMS`; other regions are named as unknown."""
    return _place_reader(_provinces(), form, "province", "no province of China", _is_chinese(texts, region))


def city_reader(texts: Sequence[str], form: str, region: str | None) -> Reader:
    """A reader of Chinese prefectures and municipalities; other places are let be."""
    return _place_reader(_cities(), form, "city", "", _is_chinese(texts, region))


def _is_chinese(texts: Sequence[str], region: str | None) -> bool:
    """Whether Latin letters are to be read as pinyin: in China, or beside as many Chinese names."""
    han = sum(bool(_HAN.search(text)) for text in texts)
    return region == "CN" or (region is None and 2 * han >= len(texts) > 0)


def _place_reader(
    tables: tuple[dict[str, str], dict[str, str], dict[str, Written]],
    form: str,
    rule: str,
    problem: str,
    pinyin: bool,  # noqa: FBT001
) -> Reader:
    chinese, latin, forms = tables
    column = PLACE_FORMS.index(form)

    def read(text: str) -> Outcome:
        bare = text.replace(" ", "").removeprefix("中国")
        # a prefecture may have its province before it
        short = chinese.get(bare) or (chinese.get(_PROVINCE_BEFORE.sub("", bare)) if rule == "city" else None)
        if short is None and pinyin and not _HAN.search(text):
            short = latin.get(_latin_key(text))
        if short is None:
            return Outcome(text, problem=problem)
        value = forms[short][column]
        return Outcome(value, f"{rule} ({form})" if value != text else "")

    return read
