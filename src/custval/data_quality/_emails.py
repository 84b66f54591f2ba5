"""Mail addresses: the domain in small letters, by policy more; what is no address is left and named."""

from __future__ import annotations

import re

from custval.data_quality._outcome import Outcome, QuickReader, Reader

__all__ = ["EMAIL_POLICIES", "email_reader", "quick_email_reader"]

EMAIL_POLICIES = ("domain", "lower", "mailbox")
"""What may change: the domain's case; all case; also tags after "+", and at Gmail dots."""

_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])?")
_USUAL = re.compile(
    r"[A-Za-z0-9_%+-]{1,40}(?:\.[A-Za-z0-9_%+-]{1,40})?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){1,3}[A-Za-z]{2,20}"
)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_WRAPPED = re.compile(r"(?:mailto:)?<?(?:mailto:)?([^<>\s,;]+)>?[,;.]?", re.IGNORECASE)
_NAMED = re.compile(r".*<([^<>\s]+@[^<>\s]+)>")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})


def email_reader(policy: str) -> Reader:
    """A reader of addresses under one of `EMAIL_POLICIES`."""

    def read(text: str) -> Outcome:
        bare, rules = text, []
        if not _USUAL.fullmatch(text):
            if len({address.casefold() for address in _ADDRESS.findall(text)}) > 1:
                return Outcome(text, problem="more than one address")
            wrapped = _WRAPPED.fullmatch(text) or _NAMED.fullmatch(text)
            if wrapped and wrapped[1] != text:
                bare, rules = wrapped[1], ["address alone"]
            problem = _problem(bare)
            if problem:
                return Outcome(text, problem=problem)
        local, _, domain = bare.rpartition("@")
        for rule, new_local, new_domain in _steps(local, domain, policy):
            if (new_local, new_domain) != (local, domain):
                rules.append(rule)
            local, domain = new_local, new_domain
        return Outcome(f"{local}@{domain}", "; ".join(rules))

    return read


def quick_email_reader(policy: str) -> QuickReader | None:
    """What `email_reader` answers to addresses of the usual form, and None for all others."""
    if policy == "mailbox":
        return None
    usual, lower = _USUAL.fullmatch, policy == "lower"

    def read(text: str) -> tuple[str, str] | None:
        if not usual(text):
            return None
        local, _, domain = text.partition("@")
        small = domain.lower()
        rule = "" if small == domain else "domain in small letters"
        if lower and (own := local.lower()) != local:
            return f"{own}@{small}", f"{rule}; address in small letters" if rule else "address in small letters"
        return (f"{local}@{small}", rule) if rule else (text, "")

    return read


def _steps(local: str, domain: str, policy: str) -> list[tuple[str, str, str]]:
    steps = [("domain in small letters", local, domain.lower())]
    if policy == "domain":
        return steps
    local, domain = local.lower(), domain.lower()
    steps.append(("address in small letters", local, domain))
    if policy == "lower":
        return steps
    mailbox = local.partition("+")[0] or local
    steps.append(("tag off", mailbox, domain))
    if domain in _GMAIL:
        steps.append(("dots off", mailbox.replace(".", ""), "gmail.com"))
    return steps


def _problem(address: str) -> str:
    """Why a text is no address; empty if it is one."""
    if "@" not in address:
        return "no address: no @"
    local, _, domain = address.rpartition("@")
    if "@" in local:
        return "no address: more than one @"
    if not local or not domain:
        return "no address: nothing " + ("before" if not local else "after") + " the @"
    if len(local) > 64 or len(domain) > 253 or not _LOCAL.fullmatch(local):
        return "no address: what stands before the @ is not allowed there"
    if not _DOMAIN.fullmatch(domain):
        return "no address: its domain is none"
    return ""
