"""Addresses of the shop: routes exist once, each language stands before them as `/en` or `/zh`.

The edge (CloudFront's function, the front door on one machine) takes the prefix off and says in a
header which it was; links then keep it. Without a prefix the visitor's cookie and browser decide.
"""

from collections.abc import Mapping

HEADER = "x-souk-locale"
PREFIXES: Mapping[str, str] = {"en": "/en", "zh-CN": "/zh"}
"""What stands before a path in each language. `infra/stack/edge.py` takes it off again."""

ONE_OF_A_KIND = (
    "/api/",
    "/console",
    "/static/",
    "/media/",
    "/webhooks/",
    "/locale/",
    "/robots.txt",
    "/sitemap",
)
"""What is the same in every language, or chooses it in its own way."""


def in_language(locale: str, path: str) -> str:
    """Put a language's prefix before a path of the shop; an empty locale leaves it as it is.

    What has a prefix keeps it, and what is no page of the shop (another site, the console, a file)
    is left alone.
    """
    if not locale or not path.startswith("/") or path.startswith(("//", *ONE_OF_A_KIND)):
        return path
    if bare(path) != path:
        return path
    return PREFIXES[locale] + path


def bare(path: str) -> str:
    """Take the language's prefix off a path with or without a query."""
    for prefix in PREFIXES.values():
        rest = path.removeprefix(prefix)
        if rest != path and (not rest or rest[0] in "/?#"):
            return rest if rest.startswith("/") else "/" + rest
    return path
