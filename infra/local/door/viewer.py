"""What CloudFront's function does with a request (`infra/stack/viewer.py`), at the front door."""

import re
from http.cookies import CookieError, SimpleCookie

from chalicelib.web.addresses import HEADER, PREFIXES
from infra.local.door.server import Headers, Request
from infra.stack.viewer import LOCALE_COOKIES, PERSONAL_HEADERS, public_pattern

SAFE = frozenset({"GET", "HEAD"})
LOCALE = HEADER.encode()
_PUBLIC = re.compile(public_pattern().encode())
_LOCALES = {prefix.removeprefix("/").encode(): locale for locale, prefix in PREFIXES.items()}
_PREFIX = re.compile(rb"^/(%s)(?:/|$)" % b"|".join(_LOCALES))


def is_public(request: Request) -> bool:
    """Whether everybody is shown the same at this address (its prefix is off already)."""
    return request.method in SAFE and bool(_PUBLIC.search(request.raw_path))


def prepared(request: Request) -> Request:
    """The request as CloudFront would hand it on: in one language, public pages without cookies."""
    path, mark, query = request.target.partition(b"?")
    replaced = {LOCALE, b"accept-language"}
    language = _chosen(request) or _preferred(request.header(b"accept-language"))
    added: Headers = []
    if prefix := _PREFIX.match(path):
        language = _LOCALES[prefix[1]]
        added.append((LOCALE, language.encode()))
        path = path[len(prefix[1]) + 1 :] or b"/"
    added.append((b"accept-language", language.encode()))
    made = Request(
        request.method,
        path + mark + query,
        [],
        request.body,
        request.peer,
        request.is_too_large,
    )
    if is_public(made):
        added.append((b"accept", b"text/html"))
        replaced |= {b"accept", b"cookie", *(name.encode() for name in PERSONAL_HEADERS)}
    made.headers = [pair for pair in request.headers if pair[0] not in replaced] + added
    return made


def _chosen(request: Request) -> str:
    jar: SimpleCookie = SimpleCookie()
    for name, value in request.headers:
        for part in value.split(b";") if name == b"cookie" else []:
            try:
                jar.load(part.decode("latin-1").strip())
            except CookieError:
                continue
    given = (jar[name].value for name in LOCALE_COOKIES if name in jar)
    return next((value for value in given if value in PREFIXES), "")


def _preferred(header: bytes) -> str:
    languages = header.lower()
    zh, en = languages.find(b"zh"), languages.find(b"en")
    return "zh-CN" if zh >= 0 and (en < 0 or zh < en) else "en"
