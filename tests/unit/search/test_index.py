"""The index as a folder: what is found, in which order, and counted how."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.search.model import index, text
from chalicelib.contexts.search.model.index import Filters, Page, Part

GOODS = (
    ("A", "Blue linen shirt", "clothes", 2_500, 4, ("attr.color\x1fblue",)),
    ("B", "Red cotton shirt", "clothes", 1_500, 9, ("attr.color\x1fred",)),
    ("C", "红色陶瓷茶杯", "家居", 900, 1, ("attr.color\x1fred",)),
    ("D", "华为手机壳 防摔保护套", "数码", 1_900, 7, ()),
    ("E", "Wireless headphones", "数码", 9_900, 3, ()),
)

EVERYTHING = Filters()


def told(
    goods: Iterable[tuple[str, str, str, int, int, tuple[str, ...]]] = GOODS,
) -> list[Searchable]:
    return [
        Searchable(
            code=code,
            title=title,
            words=words,
            body="",
            keys=tuple(f"a:{one}" for one in counted),
            counted=counted,
            merchant="mer_1",
            created_at=f"2026-01-0{1 + place}T00:00:00Z",
            amount=amount,
            name=title.casefold(),
            sold=sold,
        )
        for place, (code, title, words, amount, sold, counted) in enumerate(goods)
    ]


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Part:
    folder: Path = tmp_path_factory.mktemp("index")
    assert index.write(told(), folder) == len(GOODS)
    return index.opened(folder)


def found(parts: Part | list[Part], q: str, filters: Filters = EVERYTHING, sort: str = "") -> Page:
    several = parts if isinstance(parts, list) else [parts]
    return index.search(several, text.asked(q), filters, sort=sort, limit=10)


def codes(page: Page) -> str:
    return "".join(hit.code for hit in page.hits)


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
        ("linen", "A"),
        ("SHIRTS linen", "A"),
        ("手机壳", "D"),
        ("手機殼", "D"),
        ("茶杯", "C"),
        ("phone", "D"),
        ("headphnes", "E"),
        ("wirelss", "E"),
        ("cottn", "B"),
        ("shouji", "D"),
        ("earbuds", "E"),
        ('"linen*" +(shirt)^9', "A"),
    ],
)
def test_words_find_products(part: Part, q: str, wanted: str) -> None:
    assert codes(found(part, q))[0] == wanted


@pytest.mark.parametrize("q", ['"(+-[]{}^~*?\\', "\x00\x07\U0001f600", " "])
def test_what_has_no_word_asks_for_nothing(q: str) -> None:
    assert text.asked(q) == []


def test_syntax_is_only_words(part: Part) -> None:
    assert found(part, "zzzz AND qqqq* OR title:~").total == 0


def test_ten_thousand_letters_are_read_in_part(part: Part) -> None:
    assert len(text.asked("shirt 衬衫 " * 2_000)) <= text.QUERY_WORDS_MAX
    assert found(part, "x" * 10_000).total == 0


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("newest", "EDCBA"),
        ("price_asc", "CBDAE"),
        ("price_desc", "EADBC"),
        ("best_selling", "BDAEC"),
    ],
)
def test_sorts(part: Part, sort: str, wanted: str) -> None:
    assert codes(found(part, "", sort=sort)) == wanted


def test_counts_are_exact_under_filters(part: Part) -> None:
    page = found(part, "", Filters(("a:attr.color\x1fred",), 1_000, 2_000))
    assert (codes(page), page.total) == ("B", 1)
    assert page.counts == {"attr.color\x1fred": 1}


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [
        ("blue linen", "A"),
        ("Linen SHIRTS", "A"),
        ("linen blue", ""),
        ("陶瓷茶", "C"),
        ("瓷陶", ""),
        ("手機殼", "D"),
        ("壳", "D"),
        ("壳防", "D"),
        ('"blue^2 linen"~9', ""),
    ],
)
def test_a_phrase_stands_as_it_is(part: Part, phrase: str, wanted: str) -> None:
    assert codes(found(part, "", Filters(phrase=tuple(text.sequence(phrase))))) == wanted


@pytest.mark.parametrize(
    ("q", "without", "wanted"),
    [
        ("shirt", "cotton", "A"),
        ("shirt", "COTTON linen", ""),
        ("", "clothes 手机", "CE"),
        ("shirt", "zzzz *", "AB"),
        ("", "红色陶瓷", "ABDE"),
        ("", "红色蓝色", "ABCDE"),
    ],
)
def test_what_has_an_unwanted_word_is_left_out(
    part: Part, q: str, without: str, wanted: str
) -> None:
    page = found(part, q, Filters(without=text.unwanted(without)))
    assert ("".join(sorted(codes(page))), page.total) == (wanted, len(wanted))


def test_what_changed_since_wins_over_the_published_index(tmp_path: Path) -> None:
    index.write(told(), tmp_path)
    changed = told([("A", "Green linen shirt", "clothes", 100, 0, ())])
    parts = [index.opened(tmp_path, without={"A", "B"}), index.small(changed)]
    page = found(parts, "shirt")
    assert [hit.title for hit in page.hits] == ["Green linen shirt"]
    assert (page.total, page.counts) == (1, {})


def test_unknown_words_lead_to_known_ones(part: Part) -> None:
    assert index.meant([part], text.asked("lnen shirt")) == "linen shirt"
    assert index.meant([part], text.asked("linen")) is None
    assert index.meant([part], text.asked("zzzzzz")) is None


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("shir", "Red cotton shirt"),
        ("手", "华为手机壳 防摔保护套"),
        ("shouj", "华为手机壳 防摔保护套"),
        ("jiaj", "红色陶瓷茶杯"),
        ("家", "红色陶瓷茶杯"),
        ("clothes", "Red cotton shirt"),
    ],
)
def test_suggestions(part: Part, typed: str, first: str) -> None:
    assert index.suggest([part], typed)[0] == first


def test_titles_are_suggested_before_what_stands_beside_them() -> None:
    goods = [
        ("A", "Tin", "shirt", 1, 9, ()),
        ("B", "Shirt", "", 1, 0, ()),
        ("C", "Mug", "", 1, 5, ()),
    ]
    assert index.suggest([index.small(told(goods))], "shirt") == ["Shirt", "Tin"]


def test_a_folder_that_is_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"meta\.json"):
        index.opened(tmp_path)
