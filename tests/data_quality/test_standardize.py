"""Tables of cases for every kind of column, and the laws of the whole: idempotent, complete, on record."""

from __future__ import annotations

import copy
import pickle
import string
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.identity_numbers import RESIDENT_REGIONS
from custval.data_quality import identity_numbers, standardize, standardizing
from custval.data_quality._chinese_places import PREFECTURES, PROVINCES
from custval.data_quality._clean_text import MISSING, is_garbled
from custval.data_quality._countries import COUNTRIES
from custval.data_quality._kinds import KINDS
from custval.data_quality._phones import _TRUNK_ZERO
from custval.errors import ColumnError, CustvalError, DataError


def one(kind, values, **options):
    """A column of one kind: what its values become, and what is wrong with them."""
    result = standardize({"x": list(values)}, {"x": kind}, **options)
    problems = dict(zip(result.unparsed["row"], result.unparsed["reason"], strict=True))
    return result.frame["x"], problems


def check(kind, cases, **options):
    """Cases: what a value becomes, or None where it stays and is listed."""
    after, problems = one(kind, cases, **options)
    expected = [before if wanted is None else wanted for before, wanted in cases.items()]
    assert dict(zip(cases, after, strict=True)) == dict(zip(cases, expected, strict=True))
    assert [list(cases)[row] for row in problems] == [before for before, wanted in cases.items() if wanted is None]


def test_characters_and_spaces():
    cases = {
        "ＡＢＣ　１２３": "ABC 123",
        "\ufeffa\u200bb": "ab",
        "a\u00a0\u2003b\t c\n": "a b c",
        "cafe\u0301": "café",
        "a\x00b": "ab",
        "ﬁn": "fin",
        "می\u200cخواهم": "می\u200cخواهم",  # Persian needs its joiner
    }
    check("text", cases)


NAMES = {
    "JOHN SMITH": "John Smith",
    "john smith": "John Smith",
    "ronald mcdonald": "Ronald McDonald",
    "SHAUN O'NEIL": "Shaun O'Neil",
    "jean-luc picard": "Jean-Luc Picard",
    "VINCENT VAN GOGH": "Vincent van Gogh",
    "rip van der berg": "Rip van der Berg",
    "VAN MORRISON": "Van Morrison",
    "LUDWIG VON BEETHOVEN": "Ludwig von Beethoven",
    "NGUYEN VAN AN": "Nguyen Van An",
    "Smith, John": "John Smith",
    "SMITH, JOHN": "John Smith",
    "Martin Luther King, Jr.": "Martin Luther King, Jr.",
    "HENRY FORD II": "Henry Ford II",
    "John SMITH": "John Smith",
    "J.R.R. Tolkien": "J.R.R. Tolkien",
    "LaToya DiCaprio": "LaToya DiCaprio",
    "TJ Miller": "TJ Miller",
    "JÜRGEN MÜLLER": "Jürgen Müller",
    "D'ANGELO RUSSELL": "D'Angelo Russell",
    "ＪＯＨＮ　ＳＭＩＴＨ": "John Smith",
    "KAI NG": "Kai Ng",
    "张 三": "张三",
    "欧阳 娜娜": "欧阳娜娜",
    "王　伟": "王伟",
    "迪丽热巴•迪力木拉提": "迪丽热巴·迪力木拉提",
    "Wang 王伟": "Wang 王伟",
    "john@x.org": None,
    "4711": None,
    "Acme Ltd": None,
    "北京科技有限公司": None,
    "Bank of America": None,
}


def test_names():
    check("name", NAMES)


def test_letters_without_a_capital_of_their_own():
    check("name", {"ALİ": "Ali", "İBRAHİM KAYA": "İbrahim Kaya", "ßerg": "ßerg", "ŞÜKRÜ ÇELİK": "Şükrü Çelik"})
    values = ["ALİ", "ᾳ-", "ΐd", "İ,İİ", "ŉAB", "ẖans", "ΰ ΐ", "ﬁNN", "ǆ", "ΝΊΚΟΣ", "ı", "i\u0307"]
    for kind in ("name", "given_name", "family_name"):
        once, _ = one(kind, values)
        assert one(kind, once)[0] == once
        assert [unicodedata.normalize("NFKC", name) for name in once] == once


GARBLED = {
    "MÃ¼ller": None,
    "Ren\ufffde": None,
    "RenÃ©": None,
    "Å½ivkoviÄ‡": None,
    "ÐŸÑ‘Ñ‚Ñ€": None,
    "å¼\u00a0ä¼Ÿ": None,
    "Oâ€™Neil": None,
    "JOSÉ’S": "José's",
    "São": "São",
    "café\u00a0»": "Café »",
    "Müller": "Müller",
}


def test_what_is_in_a_wrong_encoding_is_left_and_listed():
    check("name", GARBLED)
    for kind in ("text", "name", "city", "email", "id", "country"):
        after, problems = one(kind, ["MÃ¼ller", "Ren\ufffde "])
        assert after == ["MÃ¼ller", "Ren\ufffde "]
        assert all(problem.startswith("wrong encoding") for problem in problems.values())
        assert len(problems) == 2
    assert one("name", ["MÃ¼ller"], errors="null")[0] == [None]
    # columns of no kind are let be
    assert not standardize({"x": ["MÃ¼ller", "a"]}, missing={"x": ["a"]}).unparsed["row"]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, categories=["L", "N", "Zs"]), min_size=1))
def test_a_text_read_in_a_wrong_encoding_is_known(text):
    garbled = text.encode("utf-8").decode("latin-1")
    assert is_garbled(garbled) or text.isascii() or _has_few_bytes(text)


def _has_few_bytes(text):
    """One sign, whose bytes might be a letter and marks as well, is no proof."""
    return sum(not char.isascii() for char in text) == 1


def test_parts_of_names():
    check(
        "family_name",
        {
            "VAN DER BERG": "van der Berg",
            "O’NEIL": "O'Neil",
            "VAN": "Van",
            "欧阳": "欧阳",
            "DE": "De",
            "DE LA CRUZ": "de la Cruz",
        },
    )
    check("given_name", {"ANNE-MARIE": "Anne-Marie", "van": "Van", "e mma": "E Mma"})


def test_people_called_null_stay():
    after, problems = one("family_name", ["Null", "Na", "NULL", "null", "n/a", "Smith"])
    assert [None if pd.isna(value) else value for value in after] == ["Null", "Na", None, None, None, "Smith"]
    assert not problems


EMAILS = {
    "Ann.Lee@EXAMPLE.com": "Ann.Lee@example.com",
    "ann+news@example.com": "ann+news@example.com",
    "ａｎｎ＠example.com": "ann@example.com",
    "mailto:ann@example.com": "ann@example.com",
    "Ann Lee <ann@example.com>": "ann@example.com",
    "<ann@example.com>;": "ann@example.com",
    "用户@例子.公司": "用户@例子.公司",
    "o'neil@mail.example.co.uk": "o'neil@mail.example.co.uk",
    "ann@example": None,
    "ann@@example.com": None,
    "ann example.com": None,
    "@example.com": None,
    "ann@": None,
    "ann..lee@example.com": None,
    ".ann@example.com": None,
    "ann@-example.com": None,
    "ann lee@example.com": None,
    "ann@example.com, bob@example.com": None,
    "Ann <ann@x.com>, Bob <bob@y.com>": None,
    "ann@x.com <bob@y.com>": None,
    "<a@x.com> <b@x.com>": None,
    "ann@x.com\x00evil": None,
    "a²@x.com": None,
    '"ann@x.com" <ann@x.com>': "ann@x.com",
    "a" * 65 + "@example.com": None,
}


def test_emails():
    check("email", EMAILS)


def test_why_a_cell_is_not_one_address():
    _, problems = one("email", ["Ann <a@x.com>, Bob <b@y.com>", "ann@x.com\x00evil", "a²@x.com"])
    assert problems[0] == "more than one address"
    assert "control" in problems[1]
    assert "raised" in problems[2]


def test_email_policies():
    address = "Ann.Lee+News@GoogleMail.com"
    assert one("email", [address])[0] == ["Ann.Lee+News@googlemail.com"]
    assert one("email", [address], emails="lower")[0] == ["ann.lee+news@googlemail.com"]
    assert one("email", [address], emails="mailbox")[0] == ["annlee@gmail.com"]
    assert one("email", ["A.Lee+x@Example.com"], emails="mailbox")[0] == ["a.lee@example.com"]


CHINESE_PHONES = {
    "13800138000": "+8613800138000",
    "138 0013 8000": "+8613800138000",
    "138-0013-8000": "+8613800138000",
    "１３８００１３８０００": "+8613800138000",
    "+86 138 0013 8000": "+8613800138000",
    "0086-13800138000": "+8613800138000",
    "8613800138000": "+8613800138000",
    "(+86)13800138000": "+8613800138000",
    "013800138000": "+8613800138000",
    "手机：13800138000": "+8613800138000",
    "13800138000.0": "+8613800138000",
    "010-62331234": "+861062331234",
    "(0755) 8888 8888": "+8675588888888",
    "0571-87654321转803": "+8657187654321;ext=803",
    "400-810-1234": "+864008101234",
    "+1 212 555 0123": "+12125550123",
    "+44 (0)20 7946 0123": "+442079460123",
    "+86 10 6233 1234": "+861062331234",
    "62331234": None,
    "5551234567": None,  # no area code without its 0
    "12345678901": None,
    "13800138000/13900139000": None,
    "0755-2345678/9": None,
    "0755-26718888/9999": None,
    "0755-2345678-9": None,
    "138001380²0": None,
    "1380013800": None,
    "no phone": None,
    "+999 12345678": None,
    "+86 12345": None,
}


def test_chinese_phones():
    check("phone", CHINESE_PHONES, region="CN")


def test_phones_of_north_america_and_of_nowhere():
    american = {
        "310/246-1501": "+13102461501",
        "1 (310) 475-3585": "+13104753585",
        "555-0123": None,
        "110-246-1501": None,
    }
    check("phone", american, region="US")
    check("phone", {"13800138000": None, "+8613800138000": "+8613800138000", "310-246-1501": None})
    check("phone", {"030 1234567": None, "+49 30 1234567": "+49301234567"}, region="DE")


TRUNKS = {
    "+44 020 7946 0123": "+442079460123",
    "+44 (0)20 7946 0123": "+442079460123",
    "0044 (0)20 7946 0123": "+442079460123",
    "+33 06 12 34 56 78": "+33612345678",
    "+49 030 1234567": "+49301234567",
    "+7 8 495 123-45-67": "+74951234567",
    "+7 800 555 35 35": "+78005553535",
    "+36 06 1 234 5678": "+3612345678",
    "+39 06 1234 5678": "+390612345678",  # in Italy the 0 is dialled always
    "+225 07 12 34 56 78": "+2250712345678",
    "+48 012 345 67 89": None,
    "+44 0020 7946 0123": None,
}


def test_the_digit_that_is_dialled_inside_a_country():
    check("phone", TRUNKS)


def test_the_digits_dialled_inside_countries_against_phonenumbers():
    phonenumbers = pytest.importorskip("phonenumbers")
    for code in map(int, _TRUNK_ZERO):
        region = phonenumbers.region_code_for_country_code(code)
        assert phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) == "0"
    for text, expected in TRUNKS.items():
        if expected is not None:
            number = phonenumbers.parse(text, "CN")
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == expected


def test_phones_against_phonenumbers():
    phonenumbers = pytest.importorskip("phonenumbers")
    for region, cases in (("CN", CHINESE_PHONES), ("US", {"310/246-1501": "+13102461501"})):
        for text, expected in cases.items():
            if expected is not None and text[-2:] != ".0" and "手机" not in text:
                number = phonenumbers.parse(text.replace("转", "ext"), region)
                assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == expected.split(";")[0]
    check("phone", {"020 7946 0958": "+442079460958", "12": None}, region="GB", phones="phonenumbers")


_WRONG_CHECK = "no identity number: its check character is wrong"
GENDERS = {"M": "male", "Male": "male", "男": "male", "男性": "male", "Mr.": "male", "f": "female", "女士": "female"}
BOOLEANS = {
    "Yes": "true",
    "是": "true",
    "Y": "true",
    "1": "true",
    "无": "false",
    "否": "false",
    "no": "false",
    "F": "false",
}


def test_vocabularies():
    check("gender", GENDERS | {"other": "other", "其他": "other", "YOLO": None})
    check("boolean", BOOLEANS | {"maybe": None})


def test_genders_by_code_only_where_the_column_shows_it():
    after, problems = one("gender", ["1", "2", "0", "9"])
    assert [None if pd.isna(value) else value for value in after] == ["male", "female", None, None]
    assert not problems
    assert len(one("gender", ["1", "0", "1"])[1]) == 3
    assert len(one("gender", ["1", "2", "3"])[1]) == 3


def test_countries():
    names = {
        "China": "CN",
        "中国": "CN",
        "P.R. China": "CN",
        "CHN": "CN",
        "cn": "CN",
        "中华人民共和国": "CN",
        "u.s.a.": "US",
        "United States of America": "US",
        "The Netherlands": "NL",
        "Côte d’Ivoire": "CI",
        "Cote d'Ivoire": "CI",
        "Saint Lucia": "LC",
        "Bosnia and Herzegovina": "BA",
        "EIRE": "IE",
        "RSA": "ZA",
        "NO": "NO",
        "NA": None,
        "Atlantis": None,
        "Channel Islands": None,
    }
    check("country", names)
    check("country", {"CN": "中国", "france": "法国"}, countries="chinese")
    check("country", {"CN": "CHN", "法国": "FRA"}, countries="alpha3")
    assert one("country", ["NA"], missing={"x": []})[0] == ["NA"]
    assert one("country", ["NA"], missing={"x": ["NA"]})[0] == [None]


def test_every_country_by_each_of_its_names():
    assert len(COUNTRIES) == 249  # ISO 3166-1
    for column in range(4):
        names = [country[column] for country in COUNTRIES]
        assert len(set(names)) == 249
        after, _ = one("country", names, missing={"x": []})
        assert after == [country.alpha2 for country in COUNTRIES]


def test_provinces():
    cases = {
        "广东": "广东",
        "广东省": "广东",
        "内蒙古自治区": "内蒙古",
        "北京市": "北京",
        "香港特别行政区": "香港",
        "火星省": None,
    }
    check("province", cases)
    check(
        "province",
        {"Guangdong": "广东", "shaanxi": "陕西", "Shanxi Province": "山西", "Inner Mongolia": "内蒙古"},
        region="CN",
    )
    check("province", {"广东": "广东省", "宁夏": "宁夏回族自治区"}, places="full")
    check("province", {"广东省": "Guangdong"}, places="latin")


def test_cities():
    cases = {
        "广州": "广州",
        "广州市": "广州",
        "广东省广州市": "广州",
        "延边州": "延边",
        "延边朝鲜族自治州": "延边",
        "北京市": "北京",
    }
    check("city", cases | {"London": "London", "Guangzhou": "广州", "Xi'an": "西安", "Taizhou": "Taizhou"})
    check(
        "city", {"Dali": "Dali", "Paris": "Paris", "广州市": "广州", "Rome": "Rome"}
    )  # here Latin letters are no pinyin


def test_every_place_by_each_of_its_names():
    assert len(PROVINCES) == 34
    # the numbers of residents begin with them; 83 are residence permits
    assert {province.code for province in PROVINCES} | {"83"} == RESIDENT_REGIONS
    assert len(PREFECTURES) == 333  # 293 cities, 7 prefectures, 30 autonomous prefectures, 3 leagues
    for form in ("short", "full", "latin"):
        after, problems = one("province", [getattr(province, form) for province in PROVINCES], region="CN")
        assert not problems
        assert after == [province.short for province in PROVINCES]
    after, _ = one("city", [city.full for city in PREFECTURES], places="full")
    assert after == [city.full for city in PREFECTURES]
    short, _ = one("city", [city.full for city in PREFECTURES])
    assert sum(a == city.short for a, city in zip(short, PREFECTURES, strict=True)) == 332  # not 海南州, a province too


def test_postcodes():
    check(
        "postcode",
        {"510000": "510000", "5100 00": "510000", "94103-1234": "94103-1234", "sw1a1aa": "SW1A 1AA", "x": None},
    )
    check("postcode", {"941031234": "94103-1234", "D-10115": None}, region="US")
    check("postcode", {"D-10115": "10115", "1234": None}, region="DE")
    check("postcode", {"ec1a 1bb": "EC1A 1BB", "m11ae": "M1 1AE", "12345": None}, region="GB")
    check("postcode", {"2600": "2600", "800": None}, region="AU")
    assert "leading zero" in one("postcode", ["2110"], region="US")[1][0]


def test_identifiers_that_were_read_as_numbers():
    cases = {"0015634602.0": None, "1.5634602E+15": None, "0015634602": "0015634602", "A1.0": "A1.0", "1.2.0": "1.2.0"}
    check("id", cases | {"12.5": "12.5"})
    assert list(standardize({"customer_id": ["15634602.0", "15647311.0"]}).unparsed["row"]) == [0, 1]


def test_identity_numbers():
    cases = {
        "11010519491231002X": "11010519491231002X",
        "11010519491231002x": "11010519491231002X",
        "110105 19491231 002X": "11010519491231002X",
        "110105491231002": "11010519491231002X",
        "110105194913310029": None,
        "000105194912310021": None,
        "12345": None,
    }
    check("id_number", cases)
    check("credit_code", {"91350100m000100y43": "91350100M000100Y43", "91350100M000100Y44": None, "911": None})
    assert str(identity_numbers.birth_date("110105491231002")) == "1949-12-31"
    assert identity_numbers.gender("440524188001010014") == "male"
    assert identity_numbers.gender("44052418800101001X") is None
    # what is not understood has its characters cleaned all the same
    assert one("id_number", ["１１０１０５194912310021"]) == (["110105194912310021"], {0: _WRONG_CHECK})
    assert identity_numbers.birth_date("nonsense") is None
    assert identity_numbers.is_resident_id("11010519491231002X", as_of="1949-12-31")
    assert identity_numbers.birth_date("11010519491231002X", as_of="1949-12-30") is None
    with pytest.raises(CustvalError, match="must be text"):
        identity_numbers.complete(110105194912310021)


def test_dates_stay_text():
    cases = {
        "2020-01-02": "2020-01-02",
        "31/12/2019": "2019-12-31",
        "01/02/2020": "2020-02-01",
        "2020年3月4日": "2020-03-04",
    }
    check("date", cases)
    check("date", {"01/02/2020": None, "2020-01-02T10:00:00+08:00": "2020-01-02T10:00:00+08:00"})
    check("date", {"01/02/2020": "2020-01-02"}, day_first=False)


@pytest.mark.parametrize("spelling", sorted(MISSING))
def test_spellings_of_missing(spelling):
    after, problems = one("text", [spelling, f" {spelling.upper()} ", "x"])
    assert after == [None, None, "x"]
    assert not problems


def test_missing_by_policy():
    frame = pd.DataFrame({"age": [-99, 34, 999, 0], "big": [2**60 + 1, -1, 5, 6], "note": ["none", "x", "-99", "?"]})
    result = standardize(frame, missing={"age": [-99, 999], "big": [-1], "note": [-99]})
    assert result.frame["age"].isna().tolist() == [True, False, True, False]
    assert int(result.frame["big"][0]) == 2**60 + 1
    assert [None if pd.isna(value) else value for value in result.frame["note"]] == ["none", "x", None, "?"]
    assert result.log["rule"].unique().tolist() == ["spelling of missing"]
    assert sorted(zip(result.log["column"], result.log["row"], strict=True)) == [
        ("age", 0),
        ("age", 2),
        ("big", 1),
        ("note", 2),
    ]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("E-Mail", "email"),
        (" phone_number ", "phone"),
        ("手机号", "phone"),
        ("客户姓名", "name"),
        ("first_name", "given_name"),
        ("FamilyName", "family_name"),
        ("出生日期", "date"),
        ("Ｇｅｎｄｅｒ", "gender"),
        ("国家", "country"),
        ("身份证号", "id_number"),
        ("phone2", "phone"),
        ("是否会员", "boolean"),
        ("is_active", "boolean"),
        ("邮箱(必填)", "email"),
    ],
)
def test_kinds_by_header(header, kind):
    values = {
        "email": "a@b.org",
        "phone": "+8613800138000",
        "name": "王伟",
        "given_name": "Ann",
        "family_name": "Lee",
        "date": "2020-01-02",
        "gender": "F",
        "country": "CN",
        "id_number": "11010519491231002X",
        "boolean": "yes",
    }
    assert list(standardize({header: [values[kind]]}).kinds.values()) == [kind]


def test_a_header_that_lies_is_not_believed():
    frame = {
        "phone": ["red", "blue"],
        "state": ["nsw", "vic"],
        "name": ["bar & grill", "4 Seasons"],
        "title": [" a ", "B"],
    }
    result = standardize(frame)
    assert result.frame == frame
    assert not result.kinds
    assert not result.unparsed["row"]


def test_kinds_by_values():
    frame = {"a": ["Ann@EXAMPLE.com", "b@c.org"], "b": ["11010519491231002x"] * 2}
    assert standardize(frame).kinds == {"a": "email", "b": "id_number"}


def test_headers():
    frame = {"\ufeffid": ["1"], " given_name ": ["ann"], "ｃｉｔｙ": ["X"], "a ": [1], "a": [2]}
    result = standardize(frame)
    assert list(result.frame) == ["id", "given_name", "city", "a ", "a"]
    assert dict(result.headers) == {"\ufeffid": "id", " given_name ": "given_name", "ｃｉｔｙ": "city"}
    assert list(standardize(frame, headers=False).frame) == list(frame)
    # both names of a column will do
    for name in (" given_name ", "given_name"):
        assert standardize(frame, {name: "given_name"}).frame["given_name"] == ["Ann"]


def test_numbers_become_text_only_where_it_was_asked():
    frame = pd.DataFrame({"phone": [13800138000.0, None], "zip": [2110, 94103]})
    pd.testing.assert_frame_equal(standardize(frame, region="CN").frame, frame)
    after = standardize(frame, {"phone": "phone"}, region="CN").frame["phone"].tolist()
    assert after[0] == "+8613800138000"
    assert pd.isna(after[1])


def test_errors():
    frame = {"email": ["ann@example.com", "nonsense"]}
    assert standardize(frame).frame == frame
    nulled = standardize(frame, errors="null")
    assert nulled.frame["email"] == ["ann@example.com", None]
    assert nulled.log["before"] == ["nonsense"]
    assert nulled.unparsed["value"] == ["nonsense"]
    with pytest.raises(DataError, match="1 values that cannot be read as email") as caught:
        standardize(frame, errors="raise")
    assert "nonsense" not in str(caught.value)
    assert caught.value.examples == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"x": "colour"}}, "must be one of"),
        ({"columns": 5}, "must be a column name or several"),
        ({"region": "China"}, "two letters"),
        ({"emails": "all"}, "emails must be"),
        ({"errors": "coerce"}, "errors must be"),
        ({"missing": ["x"]}, "must map columns"),
        ({"missing": {"x": "none"}}, "must list values"),
        ({"two_digit_years": 29}, "two_digit_years"),
        ({"day_first": "yes"}, "day_first"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(CustvalError, match=message):
        standardize({"x": ["a"]}, **options)


def test_unknown_columns():
    with pytest.raises(ColumnError, match="no column 'tel'"):
        standardize({"x": ["a"]}, {"tel": "phone"})
    with pytest.raises(ColumnError, match="no column 'tel'"):
        standardize({"x": ["a"]}, missing={"tel": ["x"]})


def test_the_result_is_data():
    result = standardize({"email": ["A@B.ORG", "x"]}, {"email": "email"})
    assert result.to_dict()["log"] == {
        "row": [0],
        "column": ["email"],
        "before": ["A@B.ORG"],
        "after": ["A@b.org"],
        "rule": ["domain in small letters"],
    }
    assert result.to_frame() is result.frame
    assert "A@b.org" in result._repr_html_()
    again = pickle.loads(pickle.dumps(result))  # noqa: S301
    assert again.kinds == result.kinds


alphabet = st.sampled_from(
    [
        *string.ascii_letters,
        *string.digits,
        *" .,-'+@()/;:·&",
        *"王伟欧阳张省市广东京男女是否年月日",
        *"ＡｂＣ１２　\u00a0\u200b\u200d\ufeff\u0301éßİıŉǆÀ",
        *"ᾳΐΰﬁẖÃ¼â€™²①\x00\ufffdÉ’\u0307",
    ]
)
wild = (
    st.text(alphabet, max_size=14)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            *NAMES,
            *EMAILS,
            *CHINESE_PHONES,
            *GENDERS,
            *BOOLEANS,
            *sorted(MISSING),
            "广东省",
            "Suzhou",
            "China",
            "01/02/2020",
        ]
    )
)
regions = st.sampled_from([None, "CN", "US"])


def encodable(text):
    return not any(0xD800 <= ord(char) < 0xE000 for char in text)


cells = st.none() | wild.filter(encodable)


@given(st.sampled_from(KINDS), st.lists(cells, max_size=6), regions, st.sampled_from(["domain", "mailbox"]))
def test_a_second_time_changes_nothing(kind, values, region, emails):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    before = copy.deepcopy(frame)
    once = standardize(frame, {"x": kind}, region=region, emails=emails)
    pd.testing.assert_frame_equal(frame, before)
    twice = standardize(once.frame, {"x": kind}, region=region, emails=emails)
    pd.testing.assert_frame_equal(twice.frame, once.frame)
    assert len(twice.log) == 0


@given(st.sampled_from(KINDS), st.lists(cells, max_size=6), regions, st.sampled_from(["keep", "null"]))
def test_every_cell_is_accounted_for(kind, values, region, errors):
    result = standardize({"x": values}, {"x": kind}, region=region, errors=errors)
    assert len(result.frame["x"]) == len(values)
    logged = dict(zip(result.log["row"], zip(result.log["before"], result.log["after"], strict=True), strict=True))
    listed = set(result.unparsed["row"])
    for row, (before, after) in enumerate(zip(values, result.frame["x"], strict=True)):
        if before == after:
            assert row not in logged
        else:
            assert logged[row] == (before, after)
        if row in listed:
            assert before is not None
            if errors == "null":
                assert after is None


@given(
    st.dictionaries(st.text(max_size=6).filter(encodable), st.none(), max_size=4),
    st.lists(cells, min_size=2, max_size=2),
)
def test_any_headers(names, values):
    once = standardize(dict.fromkeys(names, values))
    twice = standardize(once.frame)
    assert list(twice.frame) == list(once.frame)
    assert len(once.frame) == len(names)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"text", "id"}])
def test_long_texts_cost_little(kind):
    texts = [sign * 200_000 for sign in ("a", "1", "<a@", "1,", "一", "a ", "+", "(")]
    after, problems = one(kind, texts)
    assert len(after) == len(texts)
    assert len(problems) == len(texts)


def test_what_is_missing_goes_from_columns_of_no_kind_and_nothing_else():
    result = standardize({"note": [" none ", " x  y ", "?"]}, missing={"note": ["none"]})
    assert result.frame["note"] == [None, " x  y ", "?"]
    assert not result.kinds


def test_a_column_whose_first_rows_are_blank():
    values = [None] * 15_000 + ["13800138000"]
    assert standardize({"手机": values}, region="CN").frame["手机"][-1] == "+8613800138000"


def test_a_thousand_columns():
    frame = pd.DataFrame({f"column {number}": ["a b", "c"] for number in range(1_000)})
    result = standardize(frame)
    assert result.frame.equals(frame)
    assert not result.kinds


PIECES = [
    *(
        "+",
        "00",
        "86",
        "1",
        "44",
        " ",
        "-",
        "(",
        ")",
        "138",
        "139",
        "212",
        "655",
        "0123",
        "1234",
        "12345678",
        "\n",
        ".0",
    ),
    *(".0", "a", "B.", "+x", "@", "Ex", "example", ".", "COM", ".org", ">", "<", "  ", "gmail.com", "é", " 转 8"),
]
WRITTEN = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
USUAL = [
    *("13812345678", "138-1234-5678", "138 1234 5678", "+8613812345678", "+86 138-12345678", "0086-137-12345678"),
    *(
        "+12125550123",
        "+1 (212) 655-0123",
        "+1-415-755-0123",
        "12812345678",
        "+1 (112) 655-0123",
        "１３８１２３４５６７８",
    ),
]


@given(
    st.lists(WRITTEN | st.sampled_from(USUAL)),
    st.sampled_from([None, "CN", "US"]),
    st.sampled_from(["domain", "lower"]),
)
def test_usual_forms_are_read_as_all_others(values, region, emails):
    frame, columns = {"p": values, "e": values}, {"p": "phone", "e": "email"}
    quick = standardize(frame, columns, region=region, emails=emails, errors="null")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standardizing, "quick_reader_for", lambda *_: None)
        assert standardize(frame, columns, region=region, emails=emails, errors="null") == quick


def test_what_was_said_to_be_missing_is_missing_in_usual_forms_too():
    found = standardize({"p": ["13812345678"]}, {"p": "phone"}, region="CN", missing={"p": ["13812345678"]})
    assert found.frame == {"p": [None]}


def test_changes_are_summed_up(frame_library, to_lists):
    values = ["United Kingdom"] * 5 + ["France", None, "u.k.", "FR", "Narnia", "France"]
    found = standardize(frame_library({"country": values}), {"country": "country"})
    assert to_lists(found.changes) == {
        "column": ["country"] * 3,
        "before": ["United Kingdom", "France", "u.k."],
        "after": ["GB", "FR", "GB"],
        "rule": ["country (alpha2)"] * 3,
        "cells": [5, 2, 1],
    }
    assert sum(to_lists(found.changes)["cells"]) == len(to_lists(found.log)["row"])
    page = found._repr_html_()
    assert page.count("United Kingdom") == 1
    assert "8 cells changed, by 3 distinct changes · 1 cells not understood" in page
    assert "Narnia" in page
    nothing = standardize(frame_library({"x": [1, 2]}))
    assert to_lists(nothing.changes) == {"column": [], "before": [], "after": [], "rule": [], "cells": []}
    assert "0 cells changed" in nothing._repr_html_()
