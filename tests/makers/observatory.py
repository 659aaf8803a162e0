"""MDN's HTTP Observatory, its published rules for what a shop's page can lose and win.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring: a page begins with 100, loses
by each fault, and wins extras if it has lost nothing below 90. From 100 on its grade is A+.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

HALF_A_YEAR_S = 15_768_000
EXTRAS_FROM = 90
UNSAFE = {"'unsafe-inline'", "'unsafe-eval'", "data:"}
BROAD = {"*", "http:", "https:", "http://*", "https://*"}
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SESSION = re.compile(r"sess|login|auth|jwt|token", re.IGNORECASE)


@dataclass
class Report:
    """What a page lost and won, by reason."""

    lost: dict[str, int] = field(default_factory=dict)
    won: dict[str, int] = field(default_factory=dict)

    @property
    def score(self) -> int:
        plain = 100 - sum(self.lost.values())
        return plain + sum(self.won.values()) if plain >= EXTRAS_FROM else plain

    @property
    def is_best(self) -> bool:
        return self.score >= 100 and not self.lost


def graded(headers: Mapping[str, str], cookies: Sequence[str], text: str) -> Report:
    """Grade an answer: its headers by lower-case name, its Set-Cookie lines, its document."""
    report = Report()
    policy = _policy(headers.get("content-security-policy", ""))
    _content(report, policy)
    _cookies(report, cookies)
    _transport(report, headers.get("strict-transport-security", ""))
    if headers.get("x-content-type-options") != "nosniff":
        report.lost["x-content-type-options-not-implemented"] = 5
    if policy.get("frame-ancestors") and not policy["frame-ancestors"] & BROAD:
        report.won["x-frame-options-implemented-via-csp"] = 5
    elif headers.get("x-frame-options", "").upper() not in {"DENY", "SAMEORIGIN"}:
        report.lost["x-frame-options-not-implemented"] = 20
    if headers.get("referrer-policy", "") in PRIVATE:
        report.won["referrer-policy-private"] = 5
    elif headers.get("referrer-policy"):
        report.lost["referrer-policy-unsafe"] = 5
    if headers.get("cross-origin-resource-policy") in {"same-origin", "same-site"}:
        report.won["corp-implemented"] = 10
    if headers.get("access-control-allow-origin") == "*":
        report.lost["cross-origin-resource-sharing-universal"] = 50
    _scripts(report, text)
    return report


def _content(report: Report, policy: Mapping[str, set[str]]) -> None:
    if not policy:
        report.lost["csp-not-implemented"] = 25
        return
    default = policy.get("default-src", {"*"})
    scripts = policy.get("script-src", default)
    styles = policy.get("style-src", default)
    if scripts & (UNSAFE | BROAD) or policy.get("object-src", default) & BROAD:
        report.lost["csp-implemented-with-unsafe-inline"] = 20
    elif styles & UNSAFE:
        report.lost["csp-implemented-with-unsafe-inline-in-style-src-only"] = 0
    elif default == {"'none'"}:
        report.won["csp-implemented-with-no-unsafe-default-src-none"] = 10
    else:
        report.won["csp-implemented-with-no-unsafe"] = 5


def _cookies(report: Report, lines: Sequence[str]) -> None:
    for line in lines:
        name = line.partition("=")[0]
        flags = {part.strip().lower() for part in line.split(";")[1:]}
        if "secure" not in flags:
            report.lost["cookies-without-secure-flag"] = 20
        if "httponly" not in flags and SESSION.search(name):
            report.lost["cookies-session-without-httponly-flag"] = 30
        if not name.startswith("__Host-") or "path=/" not in flags:
            report.lost["cookies-not-bound-to-the-host"] = 5
        if not flags & {"samesite=lax", "samesite=strict"}:
            report.lost["cookies-without-samesite-flag"] = 20
    if lines and not report.lost:
        report.won["cookies-secure-with-httponly-sessions-and-samesite"] = 5


def _transport(report: Report, value: str) -> None:
    found = re.search(r"max-age=(\d+)", value)
    if found is None:
        report.lost["hsts-not-implemented"] = 20
    elif int(found[1]) < HALF_A_YEAR_S:
        report.lost["hsts-implemented-max-age-less-than-six-months"] = 10


def _scripts(report: Report, text: str) -> None:
    for one in BeautifulSoup(text, "html.parser").select("script[src]"):
        place = urlsplit(str(one["src"]))
        if place.netloc and not one.has_attr("integrity"):
            is_safe = place.scheme == "https"
            reason = "sri-not-implemented-but-external-scripts-loaded-securely"
            report.lost[reason if is_safe else "sri-not-implemented-and-not-secure"] = (
                5 if is_safe else 50
            )


def _policy(text: str) -> dict[str, set[str]]:
    parts = (part.split() for part in text.split(";") if part.strip())
    return {name: set(values) for name, *values in parts}
