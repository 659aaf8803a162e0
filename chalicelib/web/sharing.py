"""What a page tells machines: its own address, the same page in other languages, its subject.

Addresses: https://developers.google.com/search/docs/specialty/international/localized-versions;
structured data: https://schema.org.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.aws.settings import settings
from chalicelib.web.addresses import PREFIXES, bare, in_language

SCHEMA = "https://schema.org"
SHARE_PICTURE = "img/share.png"


def absolute(path: str) -> str:
    """Write a path of the shop as a whole address; whole addresses stay as they are."""
    return path if urlsplit(path).netloc else settings().shop_url + path


def canonical(path: str, locale: str) -> str:
    """Give the one address of a page in a language. `path` may be a whole address of the shop."""
    return absolute(in_language(locale, _path_of(path)))


def alternates(path: str) -> Mapping[str, str]:
    """Give the page's address by language (BCP 47), and the one that chooses by the visitor."""
    place = _path_of(path)
    found = {locale: canonical(place, locale) for locale in PREFIXES}
    return {**found, "x-default": absolute(place)}


def site(locale: str) -> dict[str, Any]:
    """Describe the shop and how to search it."""
    home = canonical("/", locale)
    target = {
        "@type": "EntryPoint",
        "urlTemplate": canonical("/search", locale) + "?q={search_term_string}",
    }
    return {
        "@context": SCHEMA,
        "@graph": [
            {
                "@type": "Organization",
                "@id": absolute("/#organization"),
                "name": "Souk",
                "url": absolute("/"),
                "logo": absolute(settings().static_url + "/img/logo.svg"),
            },
            {
                "@type": "WebSite",
                "@id": absolute("/#website"),
                "name": "Souk",
                "url": home,
                "inLanguage": locale,
                "publisher": {"@id": absolute("/#organization")},
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": target,
                    "query-input": "required name=search_term_string",
                },
            },
        ],
    }


def breadcrumbs(crumbs: Iterable[Any], here: str, path: str, locale: str) -> dict[str, Any]:
    """Describe the way to a page; `crumbs` have a label and an href, `here` names the page."""
    steps = [(one.label, one.href) for one in crumbs] + [(here, path)]
    return {
        "@context": SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": str(label),
                "item": canonical(href, locale),
            }
            for place, (label, href) in enumerate(steps, start=1)
        ],
    }


def item_list(cards: Iterable[Any], locale: str) -> dict[str, Any]:
    """Describe a list of products; each card has a title and an href."""
    return {
        "@context": SCHEMA,
        "@type": "ItemList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": one.title,
                "url": canonical(one.href, locale),
            }
            for place, one in enumerate(cards, start=1)
        ],
    }


def _path_of(address: str) -> str:
    return bare(address.removeprefix(settings().shop_url) or "/")
