"""Personal data in single texts: forms drawn at random, their neighbors that are none, and masks."""

from __future__ import annotations

import calendar
import datetime as dt
import importlib.util
import itertools
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval._kernels.dates_in_text import year_in
from custval._kernels.identity_numbers import luhn_is_valid
from custval._kernels.masks import mask_inside, mask_value
from custval._kernels.person_names import chinese_name, western_name
from custval._kernels.pii import _INSIDE, KINDS, Span, find_spans, half_width, kinds_of
from custval._kernels.pii_headers import header_clue
from custval._kernels.pii_plausible import is_plausible


def digits(n):
    return st.text("0123456789", min_size=n, max_size=n)


WORD = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)


@st.composite
def emails(draw):
    local = draw(WORD) + draw(st.sampled_from(["", ".", "_", "-", "+"])) + draw(WORD)
    return f"{local}@{draw(WORD)}.{draw(st.sampled_from(['com', 'co.uk', 'de', 'cn', 'museum']))}"


@st.composite
def phones(draw):
    form = draw(
        st.sampled_from(
            [
                "+1 212 555 dddd",
                "(3dd) 5dd-dddd",
                "4dd-7dd-dddd",
                "+44 20 7946 dddd",
                "+49 30 231dddd",
                "13ddddddddd",
                "+86 15d dddd dddd",
                "1d8 dddd dddd",
                "010-6ddddddd",
                "0171-231dddd",
                "+33 1 99 00 dd dd",
                "020 7946 0ddd",
                "(021) 5ddddddd",
                "0049 30 231dddd",
            ]
        )
    )
    form = form.replace("1d8", "138").replace("15d", "158")
    return "".join(draw(digits(1)) if char == "d" else char for char in form)


@st.composite
def cards(draw):
    stem = draw(st.sampled_from(["4", "51", "6011", "62"]))
    stem += draw(digits(15 - len(stem)))
    number = next(stem + d for d in "0123456789" if luhn_is_valid(stem + d))
    gap = draw(st.sampled_from(["", " ", "-"]))
    return gap.join(number[i : i + 4] for i in range(0, 16, 4))


@st.composite
def residents(draw):
    born = draw(st.dates(dt.date(1930, 1, 1), dt.date(2020, 1, 1)))
    stem = draw(st.sampled_from(["110105", "310115", "440305", "510107"])) + f"{born:%Y%m%d}" + draw(digits(3))
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return stem + "10X98765432"[sum(w * int(d) for w, d in zip(weights, stem, strict=True)) % 11]


@st.composite
def accounts(draw):
    country, length = draw(st.sampled_from([("DE", 22), ("FR", 27), ("NL", 18), ("ES", 24)]))
    body = ("ABNA" if country == "NL" else "") + draw(digits(length - (8 if country == "NL" else 4)))
    text = "".join(str(int(c, 36)) for c in body + country + "00")
    number = f"{country}{98 - int(text) % 97:02d}{body}"
    return draw(st.sampled_from([number, " ".join(number[i : i + 4] for i in range(0, length, 4))]))


STRONG = {
    "email": emails(),
    "phone": phones(),
    "card_number": cards(),
    "national_id": residents(),
    "bank_account": accounts(),
}


@pytest.mark.parametrize("kind", STRONG)
def test_values_of_a_kind(kind):
    @given(STRONG[kind])
    def check(text):
        assert kind in kinds_of(text)
        assert kind in kinds_of(f"  {text} ")
        assert is_plausible(kind, text)

    check()


@pytest.mark.parametrize("kind", STRONG)
def test_values_inside_text(kind):
    @given(STRONG[kind], st.sampled_from(["call {} now", "{}", "see ({}), thanks", "联系:{}。", "a: {}; b"]))
    def check(text, frame):
        sentence = frame.format(text)
        spans = find_spans(sentence)
        assert (sentence[spans[0].start : spans[0].stop], spans[0].kind) == (text, kind)
        assert text not in mask_inside(sentence)
        assert mask_inside(mask_inside(sentence)) == mask_inside(sentence)

    check()


PIECES = st.sampled_from(
    "212..555---0101|(212) 555-0101|01-02-1980|0171/231 4567|078-05-1120|10.0.0.1|1.2.3|12 Oak Street|the order|"  # noqa: SIM905
    "5B Long Hill Road|建国路88号|浙江省杭州市西湖区|花园小区3号楼|²|٣٤ Oak Street|Mr Smith|Dr|my name is Ann|AB12|"
    "Contact: Bob|我叫李明|王先生|born 1980-03-12|geb. 1.2.80|1980年3月12日出生|Frau Müller|＋４４２０７９４６０１２３|"
    "＠|GB29 NWBK 6016 1331 9268 19|4111 1111 1111 1111".split("|")
)
TEXTS = st.lists(st.one_of(PIECES, st.sampled_from(" .-/():,7"), *STRONG.values()), max_size=6).map("".join)


def every_pattern(text):
    """The spans without looking first whether a pattern can find anything."""
    plain, found = half_width(text), []
    for kind, _, pattern, is_kind in _INSIDE:
        if kind not in {"email", "name"} and not any(map(str.isdigit, plain)):
            continue
        for match in pattern.finditer(plain):
            span = Span(*match.span(match.lastgroup or 0), kind)
            taken = any(set(range(*span[:2])) & set(range(*other[:2])) for other in found)
            if not taken and is_kind(plain[span.start : span.stop]):
                found.append(span)
    return sorted(found)


@settings(max_examples=300)
@given(TEXTS)
def test_looking_first_loses_nothing(text):
    assert find_spans(text) == every_pattern(text)


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("born 12/03/1980", "birth_date", "born **/**/1980"),
        ("she was born on 17 May 1990.", "birth_date", "she was born on ** *** 1990."),
        ("DOB: 1980-03-12; ok", "birth_date", "DOB: 1980-**-**; ok"),
        ("Date of birth 03.12.1980", "birth_date", "Date of birth **.**.1980"),
        ("birthday is 01-02-1980", "birth_date", "birthday is **-**-1980"),
        ("geb. 1.2.80 in Ulm", "birth_date", "geb. *.*.** in Ulm"),
        ("geboren am 01.02.1980", "birth_date", "geboren am **.**.1980"),
        ("née le 3/4/1975", "birth_date", "née le */*/1975"),
        ("nacido el 03/04/1975", "birth_date", "nacido el **/**/1975"),
        ("出生日期：1980年3月12日", "birth_date", "出生日期：1980年*月**日"),
        ("她1980年3月12日出生", "birth_date", "她1980年*月**日出生"),
        ("生于1980-03-12", "birth_date", "生于1980-**-**"),
        ("Frau Müller called", "name", "Frau M*** called"),
        ("Herr Dr. Özil", "name", "Herr Dr. Ö***"),
        ("pour Mme Dupont", "name", "pour Mme D***"),
        ("la Sra. Gómez", "name", "la Sra. G***"),
    ],
)
def test_a_cue_tells_birth_dates_and_names(text, kind, masked):
    assert [span.kind for span in find_spans(text)] == [kind]
    assert mask_inside(text) == masked
    assert mask_inside(masked) == masked


@pytest.mark.parametrize(
    "text", ["ordered 12/03/1980", "reborn 12/03/1980", "born 13/13/14", "born 31/31/1980", "born in 1980", "生日快乐"]
)
def test_dates_without_a_cue_or_that_are_none(text):
    assert find_spans(text) == []


@given(st.one_of(*STRONG.values()))
def test_full_width_is_the_same(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert kinds_of(wide) == kinds_of(text)
    assert [span[:2] for span in find_spans("请看 " + wide)] == [span[:2] for span in find_spans("请看 " + text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "order 17",
        "1000001",
        "C1000000",
        "P029",
        "85123A",
        "2024-01-02",
        "2024-01-02 12:30:15",
        "12:30:15",
        "19.99",
        "-21.95",
        "1,234.56",
        "2024-01-02T12:30:15+01:00",
        "web",
        "home & garden",
        "10.0",
        "1.2.3",
        "GB",
        "4111111111111112",
        "SKU-123-456",
        "123e4567-e89b-12d3-a456-426614174000",
        "20240101123015",
        "1700000000",
        "110105194912310021",
        "WHITE METAL LANTERN",
        "电脑配件",
        "金卡",
        "高端客户",
        "家电",
        "未知",
        "POST",
        "12345678",
        "@",
        "a@b",
        "foo@bar",
        "a b@c.de",
        "50%",
        "$1,200",
    ],
)
def test_what_is_none(text):
    assert kinds_of(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "delivery 2024-01-02 12:30:15",
        "order 1000001 of 2024-01-02",
        "price 1,234.56 EUR 12.00",
        "version 1.2 of P-029-333",
        "total 20240101123015",
        "10 x 4 boxes",
        "tracking 123e4567-e89b-12d3-a456-426614174000",
        "订单1000001已发货",
        "SKU 4006381333931 ean",
        "A+ 100 % 2024",
    ],
)
def test_text_without_any(text):
    assert find_spans(text) == []
    assert mask_inside(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "12 Main Street",
        "221b Baker St",
        "435 s. la cienega blvd .",
        "tullaroop street",
        "Hauptstraße 5",
        "12 rue de Rivoli",
        "P.O. Box 117",
        "Via Roma 12",
        "北京市朝阳区建国路88号",
        "浙江省杭州市西湖区文三路",
        "南京东路100号",
        "阳光花园3栋",
        "5 Kings Road, London",
    ],
)
def test_addresses(text):
    assert "address" in kinds_of(text)
    assert mask_value("address", text) != text


@pytest.mark.parametrize("text", ["street food", "Place", "red square plate", "main course", "上海", "market place"])
def test_no_addresses(text):
    assert "address" not in kinds_of(text)


@pytest.mark.parametrize("text", ["192.168.0.1", "8.8.8.8", "2001:db8::1", "fe80::1"])
def test_ip_addresses(text):
    assert kinds_of(text) == ("ip_address",)


@pytest.mark.parametrize("text", ["SW1A 1AA", "k1a 0b1", "12345-6789", "1012 AB"])
def test_postcodes(text):
    assert kinds_of(text) == ("postcode",)


@pytest.mark.parametrize(
    "text",
    ["John Smith", "smith", "SMITH, John", "Zoë", "O'Brien", "王伟", "欧阳春梅", "欣怡", "谢", "Jean-Luc Moreau"],
)
def test_names(text):
    assert kinds_of(text) == ("name",)
    assert western_name(text) or chinese_name(text)


@pytest.mark.parametrize(
    "text", ["garden chair", "Berlin", "search", "store", "产品", "x" * 300, "Living room lamp with two arms"]
)
def test_no_names(text):
    assert kinds_of(text) == ()


@given(
    st.dates(dt.date(1800, 1, 1), dt.date(2100, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%d/%m/%Y",
            "%m/%d/%Y",
            "%Y%m%d",
            "%Y/%m/%d",
            "%d.%m.%Y",
            "%Y年%m月%d日",
            "%d %B %Y",
            "%b %d, %Y",
            "%Y-%m-%d 00:00:00",
        ]
    ),
)
def test_years_of_dates(day, form):
    assert year_in(day.strftime(form).replace(str(day.year).zfill(4), f"{day.year:04d}")) == day.year


@pytest.mark.parametrize(
    "text",
    [
        "2024-13-40",
        "19901790",
        "2024-01-02 12:30:00",
        "1990",
        "1.2.1990.3",
        "30/02/2021",
        "0000-00-00",
        "99 May 3000",
        "30 Feb 2020",
        "May 0, 1990",
        "17 May 1066",
        "April 31, 1999",
    ],
)
def test_no_dates(text):
    assert year_in(text) is None


def test_months_are_english_whatever_the_language_of_the_process(monkeypatch):
    monkeypatch.setattr(calendar, "month_name", ["", *(f"M{n}" for n in range(1, 13))])
    monkeypatch.setattr(calendar, "month_abbr", ["", *(f"M{n}" for n in range(1, 13))])
    spec = importlib.util.find_spec("custval._kernels.dates_in_text")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    assert [fresh.year_in(text) for text in ("17 March 1990", "Sept. 3, 2001", "17 M3 1990")] == [1990, 2001, None]


HEADERS = {
    "email": ["email", "E-Mail", "customerEmail", " email_address", "电子邮箱", "邮箱"],
    "phone": ["phone", "MobileNo", "tel", "work_phone", "手机", "联系电话", "收货人手机"],
    "name": ["given_name", "LastName", "surname", "full name", "customer_name", "name", "姓名", "客户姓名", "收货人"],
    "national_id": ["ssn", " soc_sec_id", "id_number", "passport_no", "身份证号", "护照号码"],
    "card_number": ["credit_card", "cardNumber", "银行卡号"],
    "bank_account": ["IBAN", "account_number", "银行账号"],
    "ip_address": ["ip", "client_ip", "IP地址"],
    "address": ["address", "address_1", "street", "Shipping Address Line 2", "street_number", "收货地址", "家庭住址"],
    "postcode": ["postcode", "zip", "ZipCode", "邮编"],
    "birth_date": ["dob", "date_of_birth", "birthDate", "year_of_birth", "出生日期", "生日"],
}
NEUTRAL = [
    "customer_id", "order_id", "amount", "product_name", "email_opt_in", "phone_brand", "PhoneService", "MultipleLines",
    "city", "country", "category", "quantity", "acquired_at", "consent", "手机品牌", "商品名称", "城市", "渠道", "备注",
    "is_mobile", "card_type", "company_name", "unit_price", "first_purchase", "last_purchase", "gender", "income",
    "emails_sent", "shop", "Description", "店铺名称", "StockCode", "NumPhones",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "header"), [(kind, header) for kind, headers in HEADERS.items() for header in headers]
)
def test_headers(kind, header):
    assert header_clue(header).kind == kind
    assert header_clue(header.upper()).kind == kind or not header.isascii() or re.search("[a-z][A-Z]", header)


@pytest.mark.parametrize("header", NEUTRAL)
def test_headers_that_name_nothing(header):
    assert header_clue(header).kind is None


@pytest.mark.parametrize(
    ("kind", "text", "masked"),
    [
        ("email", "jane@example.com", "j***@example.com"),
        ("email", "j@example.com", "****@example.com"),
        ("email", "no address", "n***"),
        ("phone", "13812341234", "138****1234"),
        ("phone", "+44 20 7946 0123", "+44 2* **** 0123"),
        ("phone", "555-0101", "***-**01"),
        ("phone", "12345", "*****"),
        ("card_number", "4111-1111-1111-1111", "****-****-****-1111"),
        ("national_id", "11010519491231002X", "110*************2X"),
        ("national_id", "078-05-1120", "***-**-**20"),
        ("bank_account", "DE89 3704 0044 0532 0130 00", "DE89 **** **** **** **30 00"),
        ("name", "Jane O'Neil", "J*** O***"),
        ("name", "欧阳春梅", "欧阳**"),
        ("name", "长孙无忌", "长孙**"),
        ("name", "爱新觉罗玄烨", "爱新觉罗**"),
        ("name", "欧阳", "欧*"),
        ("name", "李雷", "李*"),
        ("ip_address", "10.0.12.7", "10.0.**.*"),
        ("address", "北京市朝阳区建国路88号", "北京市***"),
        ("address", "12 Main Street", "** M*** S***"),
        ("postcode", "SW1A 1AA", "SW** ***"),
        ("birth_date", "17/05/1990", "**/**/1990"),
        ("birth_date", "19900517", "1990****"),
        ("birth_date", "1990年5月17日", "1990年*月**日"),
        ("other", "secret", "s***"),
        ("other", "x", "*"),
    ],
)
def test_masks_by_hand(kind, text, masked):
    assert mask_value(kind, text) == masked
    assert mask_value(kind, masked) == masked


@given(st.sampled_from([*KINDS, "other"]), st.one_of(st.text(max_size=30), *STRONG.values()))
def test_masking_twice_is_masking_once(kind, text):
    once = mask_value(kind, text)
    assert mask_value(kind, once) == once


@given(st.text(max_size=60))
def test_any_text_is_answered(text):
    assert set(kinds_of(text)) <= set(KINDS)
    spans = find_spans(text)
    assert all(0 <= span.start < span.stop <= len(text) for span in spans)
    assert all(a.stop <= b.start for a, b in itertools.pairwise(spans))
    for kind in KINDS:
        assert is_plausible(kind, text) in {True, False}
    header_clue(text)


def test_long_texts_take_no_time():
    # patterns that would go back and forth over these
    for text in (
        "1" * 20_000,
        "a" * 20_000 + "@",
        "+1-" * 5_000,
        "路" * 5_000,
        "1 Aa " * 5_000,
        "DE00 " * 5_000,
        "rue " * 5_000,
    ):
        find_spans(text)
        kinds_of(text)
        header_clue(text[:500])
