"""Favourites and profiles as values."""

import pytest

from chalicelib.contexts.members.model import favourites, profile
from chalicelib.contexts.members.model.favourites import (
    FAVOURITES_MAX,
    Favourite,
    Favourites,
    Liked,
    TooManyFavourites,
)
from chalicelib.kernel.errors import Malformed


def liked(name: str, kind: Liked = Liked.PRODUCT) -> Favourite:
    return Favourite(kind, name, "2026-03-02T09:00:00.000Z")


def test_the_newest_comes_first_and_once_is_enough() -> None:
    found = Favourites()
    for name in ("a", "b", "a"):
        found = favourites.with_one(found, liked(name))
    assert [one.id for one in found.of(Liked.PRODUCT)] == ["b", "a"]
    assert found.of(Liked.MERCHANT) == []
    found = favourites.without(found, Liked.MERCHANT, "a")
    assert found.has(Liked.PRODUCT, "a")
    assert not favourites.without(found, Liked.PRODUCT, "a").has(Liked.PRODUCT, "a")


def test_each_kind_has_its_own_room() -> None:
    full = Favourites(tuple(liked(f"p{number}") for number in range(FAVOURITES_MAX)))
    with pytest.raises(TooManyFavourites):
        favourites.with_one(full, liked("more"))
    assert favourites.with_one(full, liked("p0")) == full
    assert favourites.with_one(full, liked("m", Liked.MERCHANT)).has(Liked.MERCHANT, "m")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("小明", "小"),
        ("张 三", "张"),
        ("bob@x", "BX"),
        ("", "·"),
        ("!!", "·"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert profile.initials(name) == letters


def test_an_account_always_has_the_same_colour() -> None:
    assert profile.tint("acc_1") == profile.tint("acc_1")
    assert {profile.tint(f"acc_{number}") for number in range(40)} == set(range(1, 9))


def test_a_nickname_is_one_line_of_some_length() -> None:
    assert profile.plain_nickname("  小明 ") == "小明"
    for wrong in ("x" * 41, "a\nb", "a\x00b"):
        with pytest.raises(Malformed):
            profile.plain_nickname(wrong)
    with pytest.raises(Malformed):
        profile.known_locale("fr")
