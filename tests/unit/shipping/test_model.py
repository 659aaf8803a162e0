"""Ranks decide where a parcel is; merchants decide what is offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.merchants.model import (
    DeliveryMethod,
    Merchant,
    MerchantState,
    MethodKind,
)
from chalicelib.contexts.shipping.model import (
    ARRIVED,
    RANK,
    SHIPMENT,
    NoDelivery,
    Shipment,
    ShipmentState,
    delivery_options,
    moved,
)
from chalicelib.kernel.money import Money
from chalicelib.providers.courier import CourierWord

S = ShipmentState
WORDS = [S(word) for word in CourierWord]


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def a_shipment(state: S = S.CREATED, rank: int | None = None) -> Shipment:
    return Shipment(
        id="shp_1",
        order_id="ord_1",
        purchase_id="pur_1",
        merchant_id="mer_1",
        courier="sandbox",
        tracking_number="SBX1",
        state=state,
        lines=(),
        created_at="2026-03-02T09:00:00.000Z",
        rank=RANK[state] if rank is None else rank,
    )


def told(words: list[S], shipment: Shipment | None = None) -> Shipment:
    shipment = shipment or a_shipment()
    for word in words:
        target = moved(shipment, word)
        if target:
            shipment = replace(shipment, state=target[0], rank=target[1])
    return shipment


class TestRanks:
    def test_every_courier_word_is_a_state(self) -> None:
        assert set(WORDS) == set(S) - {S.CREATED}

    @pytest.mark.parametrize(("source", "target"), [(a, b) for a in RANK for b in RANK])
    def test_any_jump_to_a_higher_rank_is_an_edge_and_no_other(self, source: S, target: S) -> None:
        assert (moved(a_shipment(source), target) is not None) == (RANK[target] > RANK[source])

    @given(st.permutations([word for word in WORDS if word is not S.EXCEPTION]))
    def test_the_order_of_arrival_does_not_matter(self, words: list[S]) -> None:
        assert told(words).state is S.RETURNED

    @given(st.lists(st.sampled_from(WORDS), max_size=12))
    def test_the_rank_never_falls_and_only_listed_edges_are_taken(self, words: list[S]) -> None:
        shipment = a_shipment()
        for word in words:
            after = told([word], shipment)
            assert after.rank >= shipment.rank
            assert after.state is shipment.state or SHIPMENT.allows(shipment.state, after.state)
            shipment = after
        assert shipment.rank == max((RANK.get(word, 0) for word in words), default=0)

    def test_after_an_exception_the_parcel_goes_on_where_it_was(self) -> None:
        shipment = told([S.OUT_FOR_DELIVERY, S.EXCEPTION])
        assert (shipment.state, shipment.rank) == (S.EXCEPTION, 40)
        assert told([S.IN_TRANSIT], shipment).state is S.EXCEPTION
        assert told([S.OUT_FOR_DELIVERY], shipment).state is S.OUT_FOR_DELIVERY
        assert told([S.DELIVERED], shipment).state is S.DELIVERED

    @pytest.mark.parametrize("state", sorted(ARRIVED))
    def test_what_arrived_can_only_come_back(self, state: S) -> None:
        assert SHIPMENT.edges[state] == {S.RETURNED}


def a_method(method_id: str, price: int, **overrides: object) -> DeliveryMethod:
    made = DeliveryMethod(
        id=method_id,
        kind=MethodKind.HOME,
        name={"en": method_id.title(), "zh-CN": "配送"},
        price=gbp(price),
        days_min=2,
        days_max=4,
    )
    return replace(made, **overrides)  # type: ignore[arg-type]


def a_merchant(number: int, *methods: DeliveryMethod) -> Merchant:
    return Merchant(
        id=f"mer_{number}",
        code=f"m{number}",
        name={"en": f"Merchant {number}"},
        email="m@example.com",
        state=MerchantState.APPROVED,
        commission_bps=1_000,
        currency="GBP",
        delivery_methods=methods,
        description={},
        created_at="2026-03-02T09:00:00.000Z",
    )


GOODS = {f"mer_{number}": gbp(3_000) for number in range(4)}
PICKUP = a_method("shop", 0, kind=MethodKind.PICKUP)


def offered(*merchants: Merchant, country: str = "GB") -> dict[str, int]:
    options = delivery_options(merchants, GOODS, country)
    for option in options:
        assert sum(share.amount for share in option.shares.values()) == option.price.amount
        assert set(option.shares) == {one.id for one in merchants}
    return {option.id: option.price.amount for option in options}


class TestDeliveryOptions:
    def test_the_cheapest_home_delivery_is_standard_and_comes_first(self) -> None:
        merchant = a_merchant(0, a_method("express", 999), a_method("economy", 299), PICKUP)
        options = delivery_options([merchant], GOODS, "GB")
        assert [one.id for one in options] == ["standard", "shop", "express"]
        assert (options[0].name_in("en"), options[0].price) == ("Economy", gbp(299))

    def test_standard_adds_up_what_each_merchant_takes(self) -> None:
        one = a_merchant(0, a_method("economy", 299))
        other = a_merchant(1, a_method("post", 499, days_min=1, days_max=9))
        options = delivery_options([one, other], GOODS, "GB")
        assert [(o.id, o.price.amount, o.days_min, o.days_max) for o in options] == [
            ("standard", 798, 1, 9)
        ]
        assert options[0].name_in("zh-CN") == "标准配送"
        assert options[0].shares == {"mer_0": gbp(299), "mer_1": gbp(499)}

    def test_other_methods_are_those_that_all_have(self) -> None:
        one = a_merchant(0, a_method("economy", 299), a_method("express", 999), PICKUP)
        other = a_merchant(1, a_method("post", 499), a_method("express", 899))
        assert offered(one, other) == {"standard": 798, "express": 1_898}

    def test_one_merchants_express_may_be_its_standard(self) -> None:
        one = a_merchant(0, a_method("economy", 299), a_method("express", 999))
        other = a_merchant(1, a_method("express", 899))
        assert offered(one, other) == {"standard": 1_198, "express": 1_898}

    def test_nothing_is_offered_twice(self) -> None:
        one = a_merchant(0, a_method("express", 999))
        assert offered(one) == {"standard": 999}

    def test_enough_goods_make_it_free(self) -> None:
        merchant = a_merchant(0, a_method("a", 499, free_from=gbp(3_000)), a_method("b", 299))
        assert offered(merchant) == {"standard": 0, "b": 299}
        dear = a_merchant(0, a_method("a", 499, free_from=gbp(3_001)))
        assert offered(dear) == {"standard": 499}

    def test_countries_are_looked_at(self) -> None:
        merchant = a_merchant(
            0, a_method("home", 299, countries=("GB", "IE")), a_method("air", 900)
        )
        assert offered(merchant, country="FR") == {"standard": 900}
        assert offered(merchant, country="IE") == {"standard": 299, "air": 900}

    def test_pickup_alone_has_no_standard(self) -> None:
        assert offered(a_merchant(0, PICKUP)) == {"shop": 0}

    @pytest.mark.parametrize(
        "merchants",
        [
            [a_merchant(0)],
            [a_merchant(0, a_method("home", 1, countries=("FR",)))],
            [a_merchant(0, a_method("home", 1)), a_merchant(1, PICKUP)],
        ],
    )
    def test_no_common_way_is_refused(self, merchants: list[Merchant]) -> None:
        with pytest.raises(NoDelivery) as refused:
            delivery_options(merchants, GOODS, "GB")
        assert (refused.value.code, refused.value.status) == ("shipping.no_delivery", 422)

    def test_estimates_are_said_in_words(self) -> None:
        few = a_merchant(0, a_method("home", 1))
        one = a_merchant(0, a_method("home", 1, days_min=1, days_max=1))
        assert delivery_options([few], GOODS, "GB")[0].estimate("en") == "2–4 days"
        assert delivery_options([one], GOODS, "GB")[0].estimate("en") == "1 day"
        assert delivery_options([few], GOODS, "GB")[0].estimate("zh-CN") == "2–4 天"
