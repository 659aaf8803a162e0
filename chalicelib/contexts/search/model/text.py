"""Words as search compares them: folded, traditional Chinese as simplified, cut by a dictionary."""

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

from chalicelib.contexts.catalog.model.words import stem
from chalicelib.contexts.search.model.synonyms import OTHERS

QUERY_LENGTH_MAX = 200
QUERY_WORDS_MAX = 12
TITLE_LENGTH = 255
SPELLED_KEPT = 20_000
_RUNS = re.compile(r"[0-9a-z]+|[\u3400-\u4dbf\u4e00-\u9fff]+|[\u3040-\u30ff\uac00-\ud7af]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


class Word(Struct, frozen=True):
    """A word of a query: itself, others that mean the same, and the pairs a Chinese one is made of."""

    text: str
    others: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()

    @property
    def is_latin(self) -> bool:
        return self.text.isascii() and self.text.isalpha()


def simplified(text: str) -> str:
    """Fold case, accents, width variants, and traditional Chinese to simplified."""
    import zhconv_rs

    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    plain = unicodedata.normalize("NFC", bare)
    return zhconv_rs.zhconv(plain, "zh-hans") if _HAN.search(plain) else plain


def indexed(text: str) -> list[str]:
    """Every word a text is found by. Chinese runs give their words and their pairs of letters."""
    import rjieba

    found: list[str] = []
    for run in _RUNS.findall(simplified(text)):
        if _HAN.match(run):
            found += dict.fromkeys([*rjieba.cut_for_search(run), *pairs(run)])
        elif run.isascii():
            found.append(stem(run))
        else:
            found += pairs(run)
    return found


def asked(text: str) -> list[Word]:
    """Read what a person typed; nothing in it is syntax. At most `QUERY_WORDS_MAX` words."""
    import rjieba

    found: dict[str, Word] = {}
    for run in _RUNS.findall(simplified(text[:QUERY_LENGTH_MAX])):
        if _HAN.match(run):
            words = [Word(one, OTHERS.get(one, ()), pairs(one)) for one in rjieba.cut(run)]
        elif run.isascii():
            one = stem(run)
            words = [Word(one, OTHERS.get(one, ()))]
        else:
            words = [Word(run, (), pairs(run))]
        found |= {word.text: word for word in words}
    return list(found.values())[:QUERY_WORDS_MAX]


def unwanted(text: str) -> tuple[tuple[Word, ...], ...]:
    """Read words that a product must not have; what stands without a space between is one."""
    groups = (tuple(asked(one)) for one in text[:QUERY_LENGTH_MAX].split()[:QUERY_WORDS_MAX])
    return tuple(filter(None, groups))


def sequence(text: str) -> list[str]:
    """Cut a text into what stands side by side: words, and the letters of Chinese runs."""
    found: list[str] = []
    for run in _RUNS.findall(simplified(text[:TITLE_LENGTH])):
        found += [stem(run)] if run.isascii() else list(run)
    return found


def pairs(run: str) -> tuple[str, ...]:
    """Cut a run into its pairs of letters; a single letter is itself."""
    if len(run) == 1:
        return (run,)
    return tuple(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))


def spelled(words: list[str]) -> list[str]:
    """The pinyin of Chinese words, joined: `手机` is `shouji`. For the worker: it loads tables."""
    return list(dict.fromkeys(_spelled(one) for one in words if _HAN.match(one)))


@lru_cache(SPELLED_KEPT)
def _spelled(word: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word))


def near(word: str) -> list[str]:
    """Every spelling one mistake away from a Latin word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = [a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1]
    found += [a + b[1:] for a, b in splits if b]
    found += [a + one + b[1:] for a, b in splits if b for one in letters]
    found += [a + one + b for a, b in splits for one in letters]
    return list(dict.fromkeys(one for one in found if one != word))
