"""What the header of a column says about personal data, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["HeaderClue", "header_clue"]


class HeaderClue(NamedTuple):
    """What a header says: the kind it names or None, how sure that is, and the kinds that it denies."""

    kind: str | None
    strength: float
    denied: frozenset[str]


# first match wins, so the special stands before the general; English patterns are searched among words
_NAMED = (
    ("email", 0.6, r"\be ?mails?\b|\bmail\b|\bemail ?(?:address|addr|id)\b|邮箱|电邮|电子邮件|邮件地址|信箱"),
    ("ip_address", 0.6, r"\bip\b|\bip ?(?:address|addr|v4|v6)\b|\bipv[46]\b|IP地址|ip地址"),
    (
        "national_id",
        0.6,
        (
            r"\bssn\b|\bsoc(?:ial)? ?sec|\bsin\b|\bnino\b|\bni (?:number|no)\b|\bnational (?:id|insurance|identity)|"
            r"\bpassport|\bid (?:number|num|no|card)\b|\bidcard|\bidentity (?:card|number|no)|"
            r"\bidentification (?:number|no)|"
            r"\btax (?:id|number|file)|\btfn\b|\btin\b|\bnif\b|\bcpf\b|\baadhaar|\bcurp\b|\bmedicare|"
            r"\bdriv(?:er|ing)s? licen[cs]e|身份证|证件号|护照|社保号|驾照|驾驶证|居民证"
        ),
    ),
    (
        "card_number",
        0.6,
        (
            r"\b(?:credit|debit|bank|payment) ?card(?! ?type| ?brand)\b|\bcard (?:number|num|no|pan)\b|"
            r"\bcc ?(?:number|num|no)\b|"
            r"\bcardn(?:umber|o)\b|银行卡|信用卡号|卡号"
        ),
    ),
    (
        "bank_account",
        0.6,
        (
            r"\biban\b|\bbank account\b|\baccount (?:number|num|no)\b|\bacct (?:number|num|no)\b|"
            r"\bbban\b|银行账|银行帐|开户账"
        ),
    ),
    (
        "phone",
        0.6,
        (
            r"\bphones?\b|\btele?phone|\btel\b|\bmobile\b|\bcell(?:phone| phone)?\b|\bfax\b|\bmsisdn\b|"
            r"\bwhatsapp\b|手机|电话|"
            r"联系方式|传真|座机|移动号"
        ),
    ),
    (
        "birth_date",
        0.6,
        (r"\bdob\b|\bbirth ?(?:date|day)?|\bdate of birth\b|\bborn\b|\byear of birth\b|\bbday\b|生日|出生"),
    ),
    ("postcode", 0.55, r"\bpost ?codes?\b|\bpostal ?codes?\b|\bzip(?: ?code)?\b|\bplz\b|\bpin ?code\b|邮编|邮政编码"),
    (
        "address",
        0.6,
        (
            r"\baddr(?:ess)?(?:es)?(?: ?line)?\b|\baddress ?\d|\bstreet|\bstreet ?(?:number|no|name)\b|"
            r"\bhouse (?:number|no)\b|\bapartment\b|\bstrasse\b|\bresidence\b|地址|住址|街道|门牌"
        ),
    ),
    (
        "name",
        0.6,
        (
            r"\b(?:given|first|last|family|middle|full|maiden|sur|fore|nick|customer|client|contact|person|patient|employee|"
            r""
            r"member|guest|holder|recipient|buyer|passenger|student|"
            r"user) ?names?\b|\bsurname\b|\bforename\b|\b[fl]name\b|"
            r"\b(?:fullname|firstname|lastname|givenname|familyname)\b|姓名|名字|联系人|收货人|收件人|持卡人|昵称|^姓$|^名$|姓氏"
        ),
    ),
    ("name", 0.35, r"^names?$|^名称$"),
)
_PATTERNS = tuple((kind, strength, re.compile(pattern, re.IGNORECASE)) for kind, strength, pattern in _NAMED)

# a column about an e-mail, a phone or a name of something else is none
_ABOUT = re.compile(
    r"^num\b|"
    r"\b(?:opt|opt ?in|optin|consent|consented|flag|is|has|count|counts|number of|n|num of|sent|opens?|opened|clicks?|"
    r"clicked|type|status|verified|valid|template|campaign|brand|model|provider|carrier|plan|device|lines?|service|"
    r"preference|score|rate|length|hash|product|item|file|company|store|shop|event|category|channel|host|column|table|"
    r"business|restaurant|hotel|app|application|course|subscription|region|city|country|days?|weeks?|time|security|"
    r"backup|support)\b|型号|品牌|类型|状态|是否|数量|次数|产品|商品|店|公司|城市|渠道|套餐|活动|名称",
    re.IGNORECASE,
)
_LINE = re.compile(r"\baddr(?:ess)? ?lines?\b", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:city|town|suburb|village|county|state|province|region|country|nation|place|location|venue)\b|"
    r"城市|省|国家|地区|区域",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\b(?:product|item|sku|brand|model|category|company|store|shop|restaurant|hotel|vendor|supplier|merchant|channel|"
    r"segment|campaign|plan|title|description|department|team|event|street|color|colour)\b|"
    r"商品|产品|品牌|品类|类别|公司|店|渠道|套餐|活动|部门",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:orders?|invoice|product|sku|stock|amount|price|quantity|qty|total|cost|revenue|balance|score|count|"
    r"transaction|timestamp|epoch|version|serial|tracking|barcode|ean|upc)\b|订单|金额|数量|价格|编号|流水|条码|版本",
    re.IGNORECASE,
)
_OCCASION = re.compile(
    r"\b(?:acquired|created|updated|modified|start(?:ed)?|end(?:ed)?|opened|closed|joined|sign ?up|signed|order(?:ed)?|"
    r"invoice|timestamp|founded|registered|registration|purchase[ds]?|shipped|delivered|release[ds]?|built|expires?|"
    r"expiry|hired?|due|visit|login|last|first|since|enrol\w*)\b|注册|创建|更新|下单|购买|开始|结束|成立|到期|入职",
    re.IGNORECASE,
)
_DENIALS = (
    (_PLACE, frozenset({"name", "address"})),
    (_THING, frozenset({"name", "address"})),
    (_NUMBER, frozenset({"phone", "card_number", "national_id", "postcode", "birth_date", "ip_address"})),
    (_OCCASION, frozenset({"birth_date"})),
)


def header_clue(header: str) -> HeaderClue:
    """Read a header, such as `customerEmail`, `date_of_birth`, ` soc_sec_id` or `手机号`.

    Examples
    --------
    >>> header_clue(" date_of_birth").kind, header_clue("email_opt_in").kind, header_clue("收货人手机").kind
    ('birth_date', None, 'phone')
    """
    words = _words(header)
    denied = frozenset().union(*(kinds for pattern, kinds in _DENIALS if pattern.search(words)))
    for kind, strength, pattern in _PATTERNS:
        found = pattern.search(words)
        if found is None:
            continue
        rest = _LINE.sub(" ", words)
        rest = pattern.sub(" ", rest)
        if _ABOUT.search(rest.strip()) is not None and kind not in {"birth_date", "postcode", "national_id"}:
            return HeaderClue(None, 0.0, denied | {kind} if kind == "name" else denied)
        return HeaderClue(kind, strength, denied - {kind})
    return HeaderClue(None, 0.0, denied)


def _words(header: str) -> str:
    """A header in words: width folded, camelCase and snake_case apart, lower case."""
    text = unicodedata.normalize("NFKC", header).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    text = re.sub(r"[_\W]+", " ", text)
    return re.sub(r"(?<=[a-zA-Z])(?=\d)", " ", text).casefold().strip()
