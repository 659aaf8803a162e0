"""The index as a folder: made whole, never changed. Several are asked as if they were one.

A reader has the published one and a small one of what changed since; what the small one speaks of
is left out of the large one. Queries are made of terms, never parsed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.search.model import text
from chalicelib.contexts.search.model.text import Word

FORMAT = 2
"""Goes up with every change of `_schema`, so that no reader opens what it does not understand."""
WRITER_BYTES = 64_000_000
SMALL_BYTES = 15_000_000
FACET_BUCKETS = 4_000
TYPO_LENGTH_MIN = 4
TWO_TYPOS_LENGTH_MIN = 8
TYPO_LENGTH_MAX = 24
SUGGESTIONS = 8
SUGGESTION_POOL = 40
FIELDS = {"title": 4.0, "words": 2.0, "body": 0.5}
SORTS = {
    "newest": ("created", False),
    "price_asc": ("amount", True),
    "price_desc": ("amount", False),
    "name": ("name", True),
    "best_selling": ("sold", False),
}


class Hit(Struct, frozen=True):
    """A product found. Its card lies under `created_at` and `code`."""

    code: str
    created_at: str
    title: str


class Filters(Struct, frozen=True):
    """What narrows a search: keys that a product must have, and bounds of its price.

    `phrase` is what must stand side by side in its title; `without` are words that it must not have
    in its title or beside it, a group of them only all together.
    """

    keys: tuple[str, ...] = ()
    min_price: int | None = None
    max_price: int | None = None
    phrase: tuple[str, ...] = ()
    without: tuple[tuple[Word, ...], ...] = ()


class Page(Struct, frozen=True):
    """The hits of a page, how many there are, and how many under each facet's value."""

    hits: list[Hit]
    total: int
    counts: dict[str, int]


class Part:
    """One folder, open for reading; `without` are products that a newer part speaks of."""

    def __init__(self, index: Any, without: Collection[str] = ()) -> None:
        import tantivy

        self.schema = index.schema
        self.searcher = index.searcher()
        self.without = (
            tantivy.Query.term_set_query(self.schema, "code", sorted(without)) if without else None
        )

    @property
    def size(self) -> int:
        """How many products it holds."""
        return int(self.searcher.num_docs)

    def knows(self, word: str) -> int:
        """How many products have this word in title or beside it."""
        return sum(self.searcher.doc_freq(field, word) for field in ("title", "words"))


def write(told: Iterable[Searchable], folder: Path, *, has_pinyin: bool = True) -> int:
    """Make an index in an empty folder, in one segment. Returns how many products it holds."""
    import tantivy

    index = tantivy.Index(_schema(), path=str(folder))
    return _fill(index, told, has_pinyin=has_pinyin)


def opened(folder: Path, without: Collection[str] = ()) -> Part:
    """Open a folder that `write` made. Raises ValueError for anything else."""
    import tantivy

    return Part(tantivy.Index.open(str(folder)), without)


def small(told: Iterable[Searchable]) -> Part:
    """Make an index in memory."""
    import tantivy

    index = tantivy.Index(_schema())
    _fill(index, told, has_pinyin=False)
    return Part(index)


def search(
    parts: Sequence[Part],
    words: Sequence[Word],
    filters: Filters,
    *,
    sort: str = "",
    offset: int = 0,
    limit: int,
) -> Page:
    """Find products. All words must fit; where none does, most of them."""
    page = _search(parts, words, filters, sort, offset, limit, least=None)
    if page.total or len(words) < 2:
        return page
    least = max(1, (len(words) * 2 + 2) // 3 if len(words) > 2 else 1)
    return _search(parts, words, filters, sort, offset, limit, least=least)


def meant(parts: Sequence[Part], words: Sequence[Word]) -> str | None:
    """Say what was perhaps meant where a Latin word is unknown; None where all are known."""
    said, is_other = [], False
    for word in words:
        better = None if _is_known(parts, word) else _nearest(parts, word)
        said.append(better or word.text)
        is_other |= better is not None
    return " ".join(said) if is_other else None


def suggest(parts: Sequence[Part], typed: str) -> list[str]:
    """Name titles that what was typed begins, best selling first.

    After these come titles of which it begins the pinyin, or is a word that stands beside them.
    """
    words = text.asked(typed)
    if not words:
        return []
    named: list[str] = []
    for field, is_beside in (("title", False), ("pinyin", True)):
        found: Counter[str] = Counter()
        for part in parts:
            query = _typed(part, words, field, is_beside=is_beside)
            result = part.searcher.search(
                query, SUGGESTION_POOL, count=False, order_by_field="sold", order=_order(False)
            )
            for sold, address in result.hits:
                title = part.searcher.doc(address).get_first("shown")
                found[title] = max(found[title], sold)
        ranked = sorted((-sold, len(title), title) for title, sold in found.items())
        named += [title for _, _, title in ranked]
        if len(named) >= SUGGESTIONS:
            break
    return list(dict.fromkeys(named))[:SUGGESTIONS]


def _schema() -> Any:
    import tantivy

    made = tantivy.SchemaBuilder()
    made.add_text_field("code", stored=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("shown", stored=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("since", stored=True, tokenizer_name="raw", index_option="basic")
    for field in FIELDS:
        made.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    made.add_text_field("phrase", tokenizer_name="whitespace", index_option="position")
    made.add_text_field("pinyin", tokenizer_name="whitespace", index_option="basic")
    made.add_text_field("keys", tokenizer_name="raw", index_option="basic")
    made.add_text_field("counted", fast=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("name", fast=True, tokenizer_name="raw", index_option="basic")
    for field in ("created", "amount", "sold"):
        made.add_integer_field(field, fast=True, indexed=field == "amount")
    return made.build()


def _fill(index: Any, told: Iterable[Searchable], *, has_pinyin: bool) -> int:
    writer = index.writer(WRITER_BYTES if has_pinyin else SMALL_BYTES, 1)
    count = 0
    for one in told:
        writer.add_document(_document(one, has_pinyin=has_pinyin))
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return count


def _document(one: Searchable, *, has_pinyin: bool) -> Any:
    import tantivy

    title, words = text.indexed(one.title), text.indexed(one.words)
    return tantivy.Document(
        code=one.code,
        shown=one.title,
        since=one.created_at,
        title=" ".join(title),
        words=" ".join(words),
        body=" ".join(dict.fromkeys(text.indexed(one.body))),
        phrase=" ".join(text.sequence(one.title)),
        pinyin=" ".join(text.spelled([*title, *words])) if has_pinyin else "",
        keys=list(one.keys),
        counted=list(one.counted),
        name=one.name,
        created=int(datetime.fromisoformat(one.created_at).timestamp() * 1_000_000),
        amount=one.amount,
        sold=one.sold,
    )


def _search(  # noqa: PLR0917 - what is asked, and how much of it must fit
    parts: Sequence[Part],
    words: Sequence[Word],
    filters: Filters,
    sort: str,
    offset: int,
    limit: int,
    least: int | None,
) -> Page:
    ranked: list[tuple[Any, Hit]] = []
    counts: Counter[str] = Counter()
    total = 0
    field, forward = SORTS.get(sort, ("", False))
    for part in parts:
        query = _query(part, parts, words, filters, least)
        result = part.searcher.search(
            query,
            offset + limit,
            count=True,
            **({"order_by_field": field, "order": _order(forward)} if field else {}),
        )
        total += result.count
        wanted = result.hits if len(parts) > 1 else result.hits[offset:]
        ranked += [(value, _hit(part, address)) for value, address in wanted]
        if result.count:
            counts.update(_counts(part, query))
    if len(parts) > 1:
        ranked.sort(key=lambda pair: pair[0], reverse=not forward)
        ranked = ranked[offset : offset + limit]
    return Page([hit for _, hit in ranked], total, dict(counts))


def _counts(part: Part, query: Any) -> dict[str, int]:
    wanted = {"counted": {"terms": {"field": "counted", "size": FACET_BUCKETS}}}
    buckets = part.searcher.aggregate(query, wanted)["counted"]["buckets"]
    return {one["key"]: int(one["doc_count"]) for one in buckets}


def _hit(part: Part, address: Any) -> Hit:
    document = part.searcher.doc(address)
    return Hit(*(document.get_first(name) for name in ("code", "since", "shown")))


def _query(
    part: Part, parts: Sequence[Part], words: Sequence[Word], filters: Filters, least: int | None
) -> Any:
    import tantivy

    query, occur = tantivy.Query, tantivy.Occur
    found = [_word(part, parts, word) for word in words]
    kind = occur.Must if least is None else occur.Should
    clauses = [(kind, one) for one in found]
    if least is not None:
        clauses = [(occur.Must, query.boolean_query(clauses, minimum_number_should_match=least))]
    narrowing = [query.term_query(part.schema, "keys", key) for key in filters.keys]
    if filters.min_price is not None or filters.max_price is not None:
        narrowing.append(
            query.range_query(
                part.schema,
                "amount",
                tantivy.FieldType.Integer,
                filters.min_price,
                filters.max_price,
            )
        )
    if filters.phrase:
        narrowing.append(_phrase(part, filters.phrase))
    clauses += [(occur.Must, query.const_score_query(one, 0.0)) for one in narrowing]
    if not clauses:
        clauses = [(occur.Must, query.all_query())]
    clauses += [(occur.MustNot, _having(part, group)) for group in filters.without]
    if part.without is not None:
        clauses.append((occur.MustNot, part.without))
    return query.boolean_query(clauses)


def _word(part: Part, parts: Sequence[Part], word: Word) -> Any:
    """What one word of a query may be found as; a misspelt one only where nobody has it."""
    import tantivy

    query, occur, schema = tantivy.Query, tantivy.Occur, part.schema
    ways = [_term(part, word.text, 1.0)]
    ways += [_term(part, other, 0.6) for other in word.others]
    if len(word.pairs) > 1:
        whole = [(occur.Must, query.term_query(schema, "title", pair)) for pair in word.pairs]
        ways.append(query.boost_query(query.boolean_query(whole), 1.0))
    if word.is_latin and not _is_known(parts, word):
        ways.append(query.boost_query(query.term_query(schema, "pinyin", word.text), 2.0))
        if _may_be_misspelt(word):
            far = 2 if len(word.text) >= TWO_TYPOS_LENGTH_MIN else 1
            fuzzy = query.fuzzy_term_query(schema, "title", word.text, distance=far)
            ways.append(query.boost_query(fuzzy, 0.5))
    return query.disjunction_max_query(ways)


def _phrase(part: Part, phrase: Sequence[str]) -> Any:
    import tantivy

    if len(phrase) == 1:
        return tantivy.Query.term_query(part.schema, "phrase", phrase[0])
    return tantivy.Query.phrase_query(part.schema, "phrase", list(phrase))


def _having(part: Part, words: Sequence[Word]) -> Any:
    """The products that words stand in or beside the title of: each itself, or all of its pairs."""
    import tantivy

    query, occur = tantivy.Query, tantivy.Occur
    found = []
    for word in words:
        ways = [query.term_query(part.schema, field, word.text) for field in ("title", "words")]
        if len(word.pairs) > 1:
            whole = [query.term_query(part.schema, "title", pair) for pair in word.pairs]
            ways.append(query.boolean_query([(occur.Must, one) for one in whole]))
        found.append((occur.Must, query.disjunction_max_query(ways)))
    return query.boolean_query(found)


def _term(part: Part, word: str, weight: float) -> Any:
    import tantivy

    query = tantivy.Query
    return query.disjunction_max_query(
        [
            query.boost_query(query.term_query(part.schema, field, word, "freq"), boost * weight)
            for field, boost in FIELDS.items()
        ]
    )


def _typed(part: Part, words: Sequence[Word], field: str, *, is_beside: bool) -> Any:
    """The words typed so far. The last one may only have begun in the field, or stand beside titles;
    Chinese may have begun there, too.
    """
    import tantivy

    query, occur = tantivy.Query, tantivy.Occur
    *whole, last = words
    clauses = [(occur.Must, _term(part, word.text, 1.0)) for word in whole]
    begun = [field] if last.is_latin or not is_beside else [field, "words"]
    ways = [
        query.fuzzy_term_query(part.schema, one, last.text, distance=0, prefix=True)
        for one in begun
    ]
    if is_beside:
        ways.append(query.term_query(part.schema, "words", last.text))
    clauses.append((occur.Must, query.disjunction_max_query(ways)))
    if part.without is not None:
        clauses.append((occur.MustNot, part.without))
    return query.boolean_query(clauses)


def _is_known(parts: Sequence[Part], word: Word) -> bool:
    return any(part.knows(one) for part in parts for one in (word.text, *word.others))


def _nearest(parts: Sequence[Part], word: Word) -> str | None:
    if not _may_be_misspelt(word):
        return None
    known = [(sum(part.knows(one) for part in parts), one) for one in text.near(word.text)]
    return max(known)[1] if known and max(known)[0] else None


def _may_be_misspelt(word: Word) -> bool:
    """Shorter words have too many neighbours, longer ones are no words and cost much to vary."""
    return word.is_latin and TYPO_LENGTH_MIN <= len(word.text) <= TYPO_LENGTH_MAX


def _order(is_forward: bool) -> Any:
    import tantivy

    return tantivy.Order.Asc if is_forward else tantivy.Order.Desc
