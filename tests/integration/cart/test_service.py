"""Keeping a cart at sign-in."""

import pytest

from chalicelib.contexts.cart import service
from chalicelib.contexts.cart.model import CartEmpty, NoCart, QuoteUnknown
from chalicelib.kernel.actors import ANONYMOUS
from chalicelib.kernel.errors import NotSignedIn
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.shop import Shop

pytestmark = pytest.mark.usefixtures("stage")


def quantities(cart) -> dict[str, int]:
    return {sku: line.quantity for sku, line in cart.lines.items()}


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def test_the_named_cart_becomes_the_members(shop: Shop) -> None:
    member, _ = a_member()
    cart = shop.cart({shop.goods(): 2})
    service.merge(cart["id"], cart["token"], member)
    assert service.cart_of_member(member).id == cart["id"]


def test_the_former_cart_moves_over_once(shop: Shop) -> None:
    member, _ = a_member()
    tea, pot = shop.goods(), shop.goods(own_code="POT")
    former, new = shop.cart({tea: 2}), shop.cart({tea: 1, pot: 1})
    service.merge(former["id"], former["token"], member)
    for _ in range(2):
        merged = service.merge(new["id"], new["token"], member)
        assert quantities(merged) == {tea: 3, pot: 1}
    assert shop.look(former)["lines"] == []
    assert service.cart_of_member(member).id == new["id"]


def test_a_member_without_a_cart_gets_one_and_keeps_it() -> None:
    member, _ = a_member()
    cart = service.cart_of_member(member)
    assert service.cart_of_member(member).id == cart.id
    assert quantities(cart) == {}


def test_a_members_cart_that_is_over_is_begun_anew(shop: Shop, stage) -> None:
    member, _ = a_member()
    old = service.cart_of_member(member)
    stage.forward(91 * 86_400)
    assert service.cart_of_member(member).id != old.id


def test_a_wrong_token_and_a_stranger_change_nothing(shop: Shop) -> None:
    member, _ = a_member()
    cart = shop.cart({shop.goods(): 2})
    before = rows.everything()
    with pytest.raises(NoCart):
        service.merge(cart["id"], "wrong", member)
    with pytest.raises(NotSignedIn):
        service.merge(cart["id"], cart["token"], ANONYMOUS)
    assert rows.everything() == before


def test_a_quote_that_souk_did_not_give_is_known() -> None:
    for text in ("", "quo_", "quo_AAAA", "é", "x" * 5_000):
        with pytest.raises(QuoteUnknown):
            service.promise_of(text)


def test_an_empty_cart_has_no_quote(shop: Shop) -> None:
    cart = shop.cart()
    with pytest.raises(CartEmpty):
        service.quote(cart["id"], cart["token"], "GB")


class TestAgain:
    """Putting many goods in at once, as far as they can be had."""

    def test_what_can_be_had_goes_in_and_the_rest_is_named(self) -> None:
        shop = Shop()
        tea = shop.goods(own_code="TEA", stock=3)
        cart, left_out = service.add_many("", {tea: 5, "acme.GONE": 1})
        assert quantities(cart) == {tea: 3}
        assert left_out == [tea, "acme.GONE"]
        again, left_out = service.add_many(cart.id, {tea: 1})
        assert quantities(again) == {tea: 3}
        assert left_out == [tea]

    def test_nothing_to_be_had_leaves_no_cart_behind(self) -> None:
        Shop().merchant()
        _, left_out = service.add_many("", {"acme.GONE": 1})
        assert left_out == ["acme.GONE"]
        assert not rows.of_kind("cart", "CART")


class TestSelecting:
    def test_a_line_stays_unselected_when_its_quantity_is_set_and_not_when_more_is_added(
        self,
    ) -> None:
        shop = Shop()
        tea = shop.goods(own_code="TEA")
        cart = shop.cart({tea: 1})
        service.select(cart["id"], cart["token"], [])
        assert not service.put_line(cart["id"], cart["token"], tea, 2).selected
        assert service.add_to_line(cart["id"], cart["token"], tea, 1).selected

    def test_a_stranger_selects_nothing(self) -> None:
        cart = Shop().cart()
        with pytest.raises(NoCart):
            service.select(cart["id"], "wrong", None)
