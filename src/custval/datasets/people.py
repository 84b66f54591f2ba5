"""The people of a simulated store: made-up names, addresses for mail that no one can receive, unassigned phones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from custval.typing import IntArray

__all__ = ["COUNTRIES", "Country", "People", "draw_people"]

People = dict[str, NDArray[Any]]
"""Persons as arrays: given_name, family_name, email, phone and city as text, country as a code, birth_date in days."""


class Country(NamedTuple):
    """A country: its code, share of the people, cities, and blocks of phone numbers.

    The numbers of a block (its beginning, and how many digits follow) are set aside for films and books by the
    country's regulator; the Chinese block has never been given out.
    """

    code: str
    share: float
    cities: tuple[str, ...]
    blocks: tuple[int, ...]
    digits: int


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


COUNTRIES = (
    Country(
        "US",
        0.36,
        ("New York", "Los Angeles", "Chicago", "Houston", "Phoenix", "Philadelphia", "San Diego", "Denver", "Boston"),
        # area code, then 555-01
        tuple(
            int(f"1{area}55501")
            for area in _numbers(
                "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 "
                "248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314"
            )
        ),
        2,
    ),
    Country(
        "GB",
        0.18,
        ("London", "Manchester", "Birmingham", "Leeds", "Bristol", "Glasgow", "Cardiff", "Sheffield"),
        _numbers("442079460 441134960 441144960 441154960 441164960 441174960 441184960 441214960 441314960 441414960"),
        3,
    ),
    Country(
        "DE",
        0.14,
        ("Berlin", "Hamburg", "München", "Köln", "Frankfurt am Main", "Stuttgart", "Leipzig", "Dresden"),
        _numbers("493023125 496990009 494066969 492214710 498999998"),
        3,
    ),
    Country(
        "FR",
        0.08,
        ("Paris", "Lyon", "Marseille", "Toulouse", "Nantes", "Lille"),
        _numbers("3319900 3326191 3335301 3346571 3353649"),
        4,
    ),
    Country(
        "AU",
        0.06,
        ("Sydney", "Melbourne", "Brisbane", "Perth", "Adelaide"),
        _numbers("6125550 6127010 6135550 6137010 6175550 6177010 6185550 6187010"),
        4,
    ),
    Country(
        "CN",
        0.18,
        ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安"),
        _numbers("86154"),
        8,
    ),
)
_CHINA = len(COUNTRIES) - 1
_CHINESE_ABROAD = 0.06
_OVERFLOW = 15_552_000_000  # there is no area code 555


class _Names(NamedTuple):
    """Names, western ones first, and how they are written in a mail address."""

    written: NDArray[Any]
    latin: NDArray[Any]
    western: int


def _names(western: str, chinese: str) -> _Names:
    # a name that is not plain ASCII is followed by a slash and its spelling
    pairs = [entry.partition("/") for entry in (western + chinese).split()]
    # as objects, so that a million persons share the text
    written = np.array([name for name, _, _ in pairs], dtype=object)
    return _Names(written, np.array([latin or name.lower() for name, _, latin in pairs]), len(western.split()))


_GIVEN = _names(
    "James Mary John Patricia Robert Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph "
    "Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Lisa Anthony Margaret Mark Sandra Paul Ashley "
    "Steven Emily Andrew Donna Joshua Michelle Kevin Carol Brian Amanda George Melissa Edward Deborah Peter "
    "Laura Jürgen/juergen Sabine Hans Ursula Stefan Claudia Andreas Petra François/francois Camille Pierre "
    "Hélène/helene Luc Chloé/chloe Antoine Manon Oliver Amelia Harry Isla Jack Freya Callum Imogen Liam Zoë/zoe ",
    "伟/wei 芳/fang 娜/na 敏/min 静/jing 磊/lei 强/qiang 洋/yang 艳/yan 勇/yong 杰/jie 涛/tao 明/ming 超/chao "
    "霞/xia 平/ping 刚/gang 桂英/guiying 秀兰/xiulan 建华/jianhua 志强/zhiqiang 丽娟/lijuan 海燕/haiyan "
    "春梅/chunmei 文博/wenbo 子涵/zihan 雨欣/yuxin 浩然/haoran 思远/siyuan 梓萱/zixuan 晓东/xiaodong 玉兰/yulan "
    "国强/guoqiang 佳怡/jiayi 天宇/tianyu 欣怡/xinyi ",
)
_FAMILY = _names(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson Anderson "
    "Thomas Taylor Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King "
    "Wright Scott Green Baker Adams Nelson Hill Campbell Mitchell Roberts Carter Phillips Evans Turner Parker "
    "Collins Edwards Stewart Morris Murphy Cook Rogers Morgan Cooper Peterson Reed Bailey Bell Kelly Howard Ward "
    "Müller/mueller Schmidt Schneider Fischer Weber Becker Wagner Schäfer/schaefer Hoffmann Krüger/krueger "
    "Dubois Laurent Lefèvre/lefevre Moreau Girard Fournier Mercier Hughes Patel Bennett Griffiths Ashworth ",
    "王/wang 李/li 张/zhang 刘/liu 陈/chen 杨/yang 黄/huang 赵/zhao 吴/wu 周/zhou 徐/xu 孙/sun 马/ma 朱/zhu "
    "胡/hu 郭/guo 何/he 林/lin 高/gao 罗/luo 郑/zheng 梁/liang 谢/xie 宋/song 唐/tang 许/xu 韩/han 冯/feng "
    "邓/deng 曹/cao 彭/peng 曾/zeng ",
)
_HOSTS = ("example.com", "example.org", "example.net")


def draw_people(n: int, reference: np.datetime64, rng: np.random.Generator) -> People:
    """Draw `n` persons who are adults on the day of `reference`."""
    country = rng.choice(len(COUNTRIES), n, p=[country.share for country in COUNTRIES])
    chinese = (country == _CHINA) | (rng.random(n) < _CHINESE_ABROAD)
    given, family = _draw_names(_GIVEN, chinese, rng), _draw_names(_FAMILY, chinese, rng)
    age_in_days = 365.25 * (18 + 64 * rng.beta(1.6, 2.4, n))
    return {
        "given_name": _GIVEN.written[given],
        "family_name": _FAMILY.written[family],
        "email": _emails(given, family, rng).astype(object),
        "phone": np.strings.add("+", _phones(country, rng).astype("U15")).astype(object),
        "city": _cities(country, rng),
        "country": country.astype(np.int8),
        "birth_date": reference - age_in_days.astype("m8[D]"),
    }


def _draw_names(pool: _Names, chinese: NDArray[np.bool_], rng: np.random.Generator) -> IntArray:
    """The place in the pool of each person's name; those in front of each part are more common."""
    begin = np.where(chinese, pool.western, 0)
    size = np.where(chinese, len(pool.written) - pool.western, pool.western)
    return begin + np.floor(rng.random(len(chinese)) ** 1.4 * size).astype(np.int64)


def _emails(given: IntArray, family: IntArray, rng: np.random.Generator) -> NDArray[Any]:
    """Addresses like given.family7@example.com; the number tells namesakes apart, and the first has none."""
    # different names may be spelled alike, such as 徐 and 许
    same_given, same_family = (np.unique(pool.latin, return_inverse=True)[1] for pool in (_GIVEN, _FAMILY))
    name = same_given[given] * len(same_family) + same_family[family]
    order = np.argsort(name, kind="stable")
    begins = np.flatnonzero(np.diff(name[order], prepend=-1))
    serial = np.empty(len(name), dtype=np.int64)
    serial[order] = np.arange(len(name)) - np.repeat(begins, np.diff(begins, append=len(name)))
    suffix = np.where(serial == 0, "", serial.astype("U7"))
    host = np.array([f"@{host}" for host in _HOSTS])[rng.integers(0, len(_HOSTS), len(name))]
    local = np.strings.add(np.strings.add(_GIVEN.latin, ".")[given], _FAMILY.latin[family])
    return np.strings.add(np.strings.add(local, suffix), host)


def _phones(country: IntArray, rng: np.random.Generator) -> IntArray:
    """A number for each person, no two alike; whoever finds the blocks of the country full gets an overflow one."""
    numbers = np.empty(len(country), dtype=np.int64)
    overflow = _OVERFLOW
    for code, (_, _, _, blocks, digits) in enumerate(COUNTRIES):
        rows = np.flatnonzero(country == code)
        size = len(blocks) * 10**digits
        fits, rest = rows[:size], rows[size:]
        # unlike a permutation, a multiple of a prime needs no room for the whole block, and looks as random
        serial = (int(rng.integers(size)) + 7_919 * np.arange(len(fits))) % size
        numbers[fits] = np.array(blocks)[serial // 10**digits] * 10**digits + serial % 10**digits
        numbers[rest] = overflow + np.arange(len(rest))
        overflow += len(rest)
    return numbers


def _cities(country: IntArray, rng: np.random.Generator) -> NDArray[Any]:
    sizes = np.array([len(place.cities) for place in COUNTRIES])
    pool = np.array([city for place in COUNTRIES for city in place.cities], dtype=object)
    drawn = np.floor(rng.random(len(country)) ** 1.3 * sizes[country]).astype(np.int64)
    cities: NDArray[Any] = pool[(np.cumsum(sizes) - sizes)[country] + drawn]
    return cities
