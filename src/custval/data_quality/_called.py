"""What a column is called: whether its name says that its values name things, persons or years."""

from __future__ import annotations

import re
from itertools import pairwise

from custval._kernels.pii_headers import header_clue

__all__ = ["names_a_key", "names_a_person", "names_a_year"]

_KEYS = frozenset({"id", "ids", "uuid", "guid", "key", "iban", "ssn", "sku", "ean"})
_KEYS_ZH = ("编号", "身份证", "证件号", "卡号", "账号", "帐号", "订单号", "会员号", "客户号", "流水号")
_PERSONS = frozenset(["login", "username", "nickname"])
_PERSONS_ZH = ("用户名", "登录名", "微信", "邮件")
# what somebody has agreed to is theirs to say
_CONSENT = frozenset(["consent", "consented", "optin", "unsubscribed", "subscribed"])
_CONSENT_ZH = ("同意", "授权", "订阅")


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z]+", apart.casefold())


def names_a_key(name: str) -> bool:
    """Whether a column is called like an identifier: `customer_id`, `OrderID`, `uuid`, `会员编号`."""
    words = _words(name)
    return bool(words and words[-1] in _KEYS) or any(part in name for part in _KEYS_ZH)


def names_a_person(name: str) -> bool:
    """Whether a column is called like what belongs to one person: `email`, `postcode`, `手机号`, `login`, `opt_in`."""
    if header_clue(name).kind is not None:
        return True
    words = _words(name)
    said = {*words, *map("".join, pairwise(words))}
    return not said.isdisjoint(_PERSONS | _CONSENT) or any(part in name for part in (*_PERSONS_ZH, *_CONSENT_ZH))


def names_a_year(name: str) -> bool:
    """Whether a column is called like a year: `Year_Birth`, `model year`, `出生年份`."""
    return bool({"year", "years", "yr", "jahr", "annee"}.intersection(_words(name))) or "年份" in name
