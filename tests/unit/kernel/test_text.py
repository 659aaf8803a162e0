"""Words: slugs and search tokens in several scripts."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel import text


def test_splits_words_and_bigrams() -> None:
    assert text.tokens("Café-style 陶瓷茶壶 2.5L") == [
        "cafe",
        "style",
        "陶瓷",
        "瓷茶",
        "茶壶",
        "2",
        "5l",
    ]


def test_a_lone_character_is_a_token() -> None:
    assert text.tokens("茶") == ["茶"]


def test_slugs_are_plain() -> None:
    assert text.slug("Ocean Blue  Shirt!") == "ocean-blue-shirt"
    assert text.slug("茶壶") == ""


@given(st.text())
def test_tokens_are_found_again_in_themselves(words: str) -> None:
    found = text.tokens(words)
    assert text.tokens(" ".join(found)) == found
