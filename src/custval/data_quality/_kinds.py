"""What kind of thing a column holds, by its name and its values."""

from __future__ import annotations

import re
import unicodedata

from custval._kernels.pii_headers import HEADERS, header_key

__all__ = ["KINDS", "is_vague", "kind_by_name"]

_HEADERS = {
    **{kind: HEADERS[kind] for kind in ("name", "given_name", "family_name", "email", "phone")},
    "date": f"{HEADERS['birth_date']} acquiredat timestamp date orderdate purchasedate invoicedate signupdate "
    "registrationdate createdat updatedat startedat endedat dtcustomer joindate joined 日期 下单时间 注册日期 注册时间 "
    "购买日期 购买时间 创建时间 订单日期 交易日期 交易时间",
    "gender": "gender sex 性别",
    "country": "country countrycode countryname nation nationality land 国家 国籍 国家代码 国家地区",
    "province": "region province provincename state 省 省份 省市 所在省 省市自治区",
    "city": "city cityname town ort 城市 市 所在城市 地级市 所在市",
    "postcode": HEADERS["postcode"],
    "id_number": HEADERS["id_number"],
    "credit_code": "creditcode socialcreditcode uscc unifiedsocialcreditcode 统一社会信用代码 信用代码 社会信用代码",
    "boolean": "consent optin optout subscribed newsletter 是否同意 是否订阅 同意 是否会员 是否流失",
    "id": "customerid recordid orderid productid sessionid clientid userid memberid recid invoiceno sku 客户编号 "
    "会员号 订单号 用户id 客户id 会员编号 商品编号 产品编号",
}
_BY_HEADER = {header: kind for kind, headers in _HEADERS.items() for header in headers.split()}

KINDS = (*_HEADERS, "text")
"""Kinds of columns: those that are found by themselves, and "text", which only cleans characters and spaces."""

_IS_FLAG = re.compile(r"(?:is|has)[_ ]|是否")


def kind_by_name(header: str) -> str | None:
    """The kind of a column by a cleaned header; None if it says nothing."""
    key = header_key(header)
    kind = _BY_HEADER.get(key) or _BY_HEADER.get(key.rstrip("0123456789"))
    if kind is None and _IS_FLAG.match(unicodedata.normalize("NFKC", header).casefold()):
        return "boolean"
    return kind


def is_vague(header: str) -> bool:
    """Whether a header says "name" and not whose: products and shops have names, too."""
    return header_key(header) in {"name", "名字", "客户名称", "clientname"}
