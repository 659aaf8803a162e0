"""Descriptions: the harmless part of a merchant's HTML."""

from html.parser import HTMLParser

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
VOID = frozenset({"br", "hr"})
BLOCKS = frozenset("p div ul ol dl h2 h3 h4 h5 h6 blockquote pre table".split())
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


def spoken(html: str, locale: str) -> str:
    """Return what a description says to readers of a language.

    Its outermost blocks may name theirs (`<p lang="zh-CN">`): whose language is named reads those
    alone, everybody else what names none. `html` is `clean`.
    """
    parts = _Parts.of(html)
    own = _primary(locale)
    if len({lang for lang, _ in parts}) < 2:
        return html
    wanted = own if any(lang == own for lang, _ in parts) else ""
    return "".join(text for lang, text in parts if lang == wanted).strip() or html


class _Parts(HTMLParser):
    """The outermost elements of clean HTML, each block with the language that it names."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[tuple[str, list[str]]] = []
        self.depth = 0

    @classmethod
    def of(cls, html: str) -> list[tuple[str, str]]:
        reader = cls()
        reader.feed(html)
        reader.close()
        parts = ((lang, "".join(texts)) for lang, texts in reader.parts)
        return [(lang, text) for lang, text in parts if text.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            lang = dict(attrs).get("lang") if tag in BLOCKS else ""
            self.parts.append((_primary(lang or ""), []))
        self._add(self.get_starttag_text() or "")
        self.depth += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self._add(f"</{tag}>")
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def _add(self, text: str) -> None:
        if self.depth == 0 and not text.startswith("<"):
            self.parts.append(("", []))
        self.parts[-1][1].append(text)


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
