"""What CloudFront does with a request before it looks into its cache, as a function at its edge.

The front door on one machine does the same (`infra/local/door/viewer.py`); tests send one table of
requests through both.
"""

import json

from chalicelib.web.addresses import HEADER, PREFIXES

PUBLIC_PAGES = ("", "search", "help", "terms", "privacy", "shipping-and-returns", "feed.xml")
PUBLIC_FAMILIES = ("c", "p", "m")
"""Pages that show everybody the same: `/search` and all below `/c/`. They are asked for without
cookies, so they cannot show anything personal, and one copy serves every visitor."""

LOCALE_COOKIES = ("__Host-souk_locale", "souk_locale")
PERSONAL_HEADERS = ("authorization", "x-cart-token", "x-purchase-token", "hx-request")

FUNCTION = """var LOCALES = %(locales)s;
var PUBLIC = %(public)s;
var COOKIES = %(cookies)s;
var PERSONAL = %(personal)s;

function spoken(locale) {
  for (var name in LOCALES) if (LOCALES[name] === locale) return locale;
  return "";
}

function chosen(cookies) {
  for (var i = 0; i < COOKIES.length; i++) {
    var cookie = cookies[COOKIES[i]];
    if (cookie && spoken(cookie.value)) return cookie.value;
  }
  return "";
}

function preferred(header) {
  var languages = header ? header.value.toLowerCase() : "";
  var zh = languages.indexOf("zh");
  var en = languages.indexOf("en");
  return zh >= 0 && (en < 0 || zh < en) ? "zh-CN" : "en";
}

function handler(event) {
  var request = event.request;
  var headers = request.headers;
  delete headers["%(header)s"];
  headers["x-viewer-address"] = { value: event.viewer.ip };
  var language = chosen(request.cookies) || preferred(headers["accept-language"]);
  var prefix = /^\\/(%(prefixes)s)(?:\\/|$)/.exec(request.uri);
  if (prefix) {
    language = LOCALES[prefix[1]];
    headers["%(header)s"] = { value: language };
    request.uri = request.uri.slice(prefix[1].length + 1) || "/";
  }
  headers["accept-language"] = { value: language };
  if ((request.method === "GET" || request.method === "HEAD") && PUBLIC.test(request.uri)) {
    request.cookies = {};
    headers["accept"] = { value: "text/html" };
    for (var i = 0; i < PERSONAL.length; i++) delete headers[PERSONAL[i]];
  }
  return request;
}
"""
"""To API Gateway every caller is CloudFront; limits of rate need the address behind it. A page
exists in two languages, not in as many as there are ways to write the header: what decides is
settled here as `Request.locale` does it, so that a page is kept twice and not a thousand times."""


def public_pattern() -> str:
    """A regular expression, in JavaScript and Python alike, of the paths that are public."""
    pages = "|".join(page.replace(".", r"\.") for page in PUBLIC_PAGES)
    families = "|".join(PUBLIC_FAMILIES)
    return rf"^\/(?:(?:{pages})$|(?:{families})\/)"


def code() -> str:
    """The function's text."""
    locales = {prefix.removeprefix("/"): locale for locale, prefix in PREFIXES.items()}
    return FUNCTION % {
        "locales": json.dumps(locales),
        "public": f"/{public_pattern()}/",
        "cookies": json.dumps(LOCALE_COOKIES),
        "personal": json.dumps(PERSONAL_HEADERS),
        "prefixes": "|".join(locales),
        "header": HEADER,
    }
