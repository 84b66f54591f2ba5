"""What a column is called: whether its name says that its values name things, persons or years."""

from __future__ import annotations

import re

__all__ = ["names_a_key", "names_a_person", "names_a_year"]

_KEYS = frozenset({"id", "ids", "uuid", "guid", "key", "iban", "ssn", "sku", "ean"})
_KEYS_ZH = ("编号", "身份证", "证件号", "卡号", "账号", "帐号", "订单号", "会员号", "客户号", "流水号")
_PERSONS = frozenset(
    [
        "name",
        "firstname",
        "lastname",
        "givenname",
        "familyname",
        "surname",
        "forename",
        "fullname",
        "username",
        "nickname",
        "login",
        "email",
        "mail",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "cell",
        "fax",
        "passport",
    ]
)
_PERSONS_ZH = ("姓名", "名字", "用户名", "昵称", "手机", "电话", "邮箱", "邮件", "微信", "护照")


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z]+", apart.casefold())


def names_a_key(name: str) -> bool:
    """Whether a column is called like an identifier: `customer_id`, `OrderID`, `uuid`, `会员编号`."""
    words = _words(name)
    return bool(words and words[-1] in _KEYS) or any(part in name for part in _KEYS_ZH)


def names_a_person(name: str) -> bool:
    """Whether a column is called like what belongs to one person: `email`, `family_name`, `mobile phone`, `手机号`."""
    return bool(_PERSONS.intersection(_words(name))) or any(part in name for part in _PERSONS_ZH)


def names_a_year(name: str) -> bool:
    """Whether a column is called like a year: `Year_Birth`, `model year`, `出生年份`."""
    return bool({"year", "years", "yr", "jahr", "annee"}.intersection(_words(name))) or "年份" in name
