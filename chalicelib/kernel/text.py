"""Words: slugs, folding, and the tokens that the built-in search index is made of."""

import re
import unicodedata

SLUG_LENGTH_MAX = 60
TOKEN_LENGTH_MAX = 40
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(
    r"[0-9a-z]+|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
TOLD = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"}
"""What the contract says of a text of several lines: no control characters."""
TOLD_FILLED = {
    "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f\x85]"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
}
"""The same of a text that may not be blank."""
TOLD_LINE = {"pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$"}
"""What the contract says of a text of one line."""


def fold(text: str) -> str:
    """Lower case without accents and width variants, for comparing and searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def slug(text: str) -> str:
    """Make the readable part of an address, `[a-z0-9-]`; empty when nothing readable is left."""
    return _NOT_SLUG.sub("-", fold(text)).strip("-")[:SLUG_LENGTH_MAX].strip("-")


def tokens(text: str) -> list[str]:
    """Split into search tokens: words, and bigrams of Chinese, Japanese and Korean runs.

    A run of one such letter is a token itself. Order is kept, repetitions are not.
    """
    found: dict[str, None] = {}
    for match in _WORDS.finditer(unicodedata.normalize("NFC", fold(text))):
        run = match.group()
        if run[0] < "\u3040" or len(run) == 1:
            found[run[:TOKEN_LENGTH_MAX]] = None
        else:
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
    return list(found)


def has_control(text: str) -> bool:
    """Tell whether a text holds control characters other than tab and line ends."""
    return _CONTROL.search(text) is not None
