"""Words as search and categories compare them."""

import pytest

from chalicelib.contexts.catalog.model.words import stem, stems


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("shirt", "shirts"),
        ("dress", "dresses"),
        ("watch", "watches"),
        ("box", "boxes"),
        ("berry", "berries"),
        ("shoe", "shoes"),
        ("glass", "glasses"),
    ],
)
def test_one_and_many_meet(one: str, many: str) -> None:
    assert stem(one) == stem(many) == one


@pytest.mark.parametrize("word", ["bus", "gas", "as", "5s", "衬衫"])
def test_short_words_stay_as_they_are(word: str) -> None:
    assert stem(word) == word


def test_a_text_becomes_stems_in_order_without_repetitions() -> None:
    assert stems("Blue Shirts, blue shirt & 蓝色衬衫") == ["blue", "shirt", "蓝色", "色衬", "衬衫"]
