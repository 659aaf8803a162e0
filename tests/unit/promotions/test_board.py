"""The board of the offers that may run."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.board import Board, Standing
from chalicelib.contexts.promotions.model.refusals import TooManyOffers
from tests.makers.prices import an_offer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = frozenset(f"prd_{number:026}" for number in range(1_000))


def standing(name: str, **changes: object) -> Standing:
    fields = {"id": name, "starts_at": NOW, "ends_at": NOW + timedelta(days=1), **changes}
    return Standing(replace(an_offer(), **fields), created_at="")


def test_ended_and_stopped_offers_leave_it() -> None:
    board = (
        Board("acme").with_standing(standing("off_1"), NOW).with_standing(standing("off_2"), NOW)
    )
    stopped = replace(standing("off_1"), is_stopped=True)
    assert [one.offer.id for one in board.with_standing(stopped, NOW).standings] == ["off_2"]
    tomorrow = NOW + timedelta(days=1)
    later = board.with_standing(standing("off_3", ends_at=NOW + timedelta(days=2)), tomorrow)
    assert [one.offer.id for one in later.standings] == ["off_3"]


def test_it_takes_no_more_than_its_item_does() -> None:
    board = Board("acme")
    for number in range(5):
        board = board.with_standing(standing(f"off_{number}", products=NAMES), NOW)
    full = Board("acme", board.standings * 3, 1)
    with pytest.raises(TooManyOffers):
        full.with_standing(standing("off_more"), NOW)
    stopped = replace(board.standings[0], is_stopped=True)
    assert len(full.with_standing(stopped, NOW).standings) == len(full.standings) - 3
