"""What the header of a column says about personal data.

`HEADERS` are whole headers, in English, Chinese, German, French, Spanish and some of other languages: `standardize`
and `find_pii` know kinds of columns by the same ones. Headers of several words, such as `customerHomePhone`, are read
by patterns, in English and Chinese and by the foreign words that mean nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["HEADERS", "HeaderClue", "header_clue", "header_key", "is_of_persons"]

# foreign words that say what a column is wherever they stand in its header
_FOREIGN = {
    "given_name": "vorname vornamen prenom prenoms rufname voornaam",
    "family_name": "nachname nachnamen familienname zuname apellido apellidos achternaam cognome sobrenome",
    "name": "kundenname ansprechpartner",
    "email": "correo courriel mailadresse emailadresse",
    "phone": "telefon telefono telephone telefonnummer telefonnr handynummer mobilnummer rufnummer movil celular "
    "telefone",
    "birth_date": "geburtsdatum geburtstag gebdatum naissance nacimiento geboortedatum nascita nascimento",
    "postcode": "postleitzahl plz",
    "address": "strasse anschrift adresse hausnummer direccion domicilio indirizzo endereco",
    "national_id": "ausweisnummer ausweisnr personalausweis passnummer reisepass reisepassnummer passeport pasaporte "
    "sozialversicherungsnummer steuerid dni cedula codicefiscale",
    "bank_account": "kontonummer",
}
HEADERS = {
    kind: " ".join([headers, _FOREIGN.get(kind, "")]).strip()
    for kind, headers in {
        "name": "name fullname customername personname contactname realname username clientname nomcomplet "
        "nombrecompleto nometprenom 姓名 名字 客户姓名 用户姓名 联系人 联系人姓名 收件人 收货人 真实姓名 "
        "客户名称 会员姓名",
        "given_name": "givenname firstname forename first middlename nombre nombres 名",
        "family_name": "familyname lastname surname last secondname nom nomdefamille 姓 姓氏",
        "email": "email emailaddress mail emailid eaddress correoelectronico adressemail adresseemail 邮箱 电子邮箱 "
        "邮件 电子邮件 邮箱地址 电邮",
        "phone": "phone phonenumber phoneno telephonenumber tel telno mobile mobilephone mobilenumber mobileno cell "
        "cellphone cellphonenumber contactnumber handphone fax homephone workphone handy 手机 手机号 手机号码 电话 "
        "电话号码 联系电话 移动电话 固定电话 联系方式 座机",
        "birth_date": "birthdate dateofbirth dob birthday birth datedenaissance datenaissance fechadenacimiento "
        "fechanacimiento datadinascita datadenascimento 出生日期 生日 出生年月日",
        "postcode": "postcode postalcode zip zipcode postal codepostal codigopostal 邮编 邮政编码",
        "id_number": "idnumber idcard idcardno idcardnumber residentid identitynumber nationalid 身份证 身份证号 "
        "身份证号码 证件号 证件号码 公民身份号码",
        "national_id": "numerosecuritesociale numerodesecuritesociale",
        "address": "rue calle",
        "bank_account": "numerodecompte numerodecuenta",
    }.items()
}
"""Per kind the whole headers that name it, as `header_key` writes them."""

_PERSONAL = {"given_name": "name", "family_name": "name", "id_number": "national_id"}
_WHOLE = {header: _PERSONAL.get(kind, kind) for kind, headers in HEADERS.items() for header in headers.split()}
# they say "name" and not whose, or "first" and not what: what their values are like must help
_VAGUE = frozenset(["name", "first", "last"])
_OF_PERSONS = frozenset(f"{HEADERS['given_name']} {HEADERS['family_name']}".split()) - _VAGUE - {"nom", "nombre"}


def header_key(header: str) -> str:
    """A header without what is spelled in more than one way: case, width, accents, spaces, signs, remarks in brackets.

    Examples
    --------
    >>> header_key("Prénom"), header_key("E-Mail (privat)"), header_key("date_of_birth"), header_key("手机号【必填】")
    ('prenom', 'email', 'dateofbirth', '手机号')
    """
    words = re.sub(r"[\[(【].*$", "", unicodedata.normalize("NFKC", header))
    return re.sub(r"[\W_]+", "", _without_accents(words).casefold())


def _without_accents(text: str) -> str:
    return (
        text if text.isascii() else unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    )


_ACCENTS = re.compile(r"[\u0300-\u036f]+")


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
            r"member|guest|holder|recipient|buyer|passenger|student|"
            r"user) ?names?\b|\bsurname\b|\bforename\b|\b[fl]name\b|"
            r"\b(?:fullname|firstname|lastname|givenname|familyname)\b|姓名|名字|联系人|收货人|收件人|持卡人|昵称|^姓$|^名$|姓氏"
        ),
    ),
    ("name", 0.35, r"^names?$|^名称$"),
)
_ABROAD = tuple(
    (_PERSONAL.get(kind, kind), 0.6, rf"\b(?:{'|'.join(words.split())})\b") for kind, words in _FOREIGN.items()
)
_PATTERNS = tuple(
    (kind, strength, re.compile(pattern, re.IGNORECASE)) for kind, strength, pattern in (*_NAMED, *_ABROAD)
)

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
    """Read a header, such as `customerEmail`, `date_of_birth`, ` soc_sec_id`, `手机号` or `Geburtsdatum`.

    Examples
    --------
    >>> header_clue(" date_of_birth").kind, header_clue("email_opt_in").kind, header_clue("收货人手机").kind
    ('birth_date', None, 'phone')
    """
    words = _words(header)
    denied = frozenset().union(*(kinds for pattern, kinds in _DENIALS if pattern.search(words)))
    key = header_key(header)
    whole = _WHOLE.get(key) or _WHOLE.get(key.rstrip("0123456789"))
    if whole is not None and key not in _VAGUE:
        return HeaderClue(whole, 0.55 if whole == "postcode" else 0.6, denied - {whole})
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


def is_of_persons(header: str) -> bool:
    """Whether a header says that the rows of its table are persons: companies and products have names, too.

    Examples
    --------
    >>> is_of_persons("Vorname"), is_of_persons("dob"), is_of_persons("name"), is_of_persons("phone")
    (True, True, False, False)
    """
    return header_key(header) in _OF_PERSONS or header_clue(header).kind in {"birth_date", "national_id"}


def _words(header: str) -> str:
    """A header in words: width folded, camelCase and snake_case apart, lower case."""
    text = _without_accents(unicodedata.normalize("NFKC", header).strip())
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    text = re.sub(r"[_\W]+", " ", text)
    return re.sub(r"(?<=[a-zA-Z])(?=\d)", " ", text).casefold().strip()
