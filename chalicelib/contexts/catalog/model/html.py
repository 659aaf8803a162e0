"""Descriptions: the harmless part of a merchant's HTML."""

import nh3

TAGS = frozenset(
    "p br hr div span b strong i em u s sub sup small a ul ol li dl dt dd h2 h3 h4 h5 h6 "
    "blockquote pre code table caption thead tbody tfoot tr th td".split()
)
ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
REL = "nofollow noopener noreferrer"


def clean(html: str) -> str:
    """Return well-formed HTML without scripts, styles, pictures, forms and handlers.

    Cleaning twice changes nothing more.
    """
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel=REL,
    ).strip()
