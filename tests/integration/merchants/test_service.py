"""Merchants on a stage: from the application to the closed door."""

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from chalicelib.contexts.merchants import Merchant, MerchantState, service
from chalicelib.contexts.merchants.model import CodeTaken, WrongState, standard_delivery
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from chalicelib.kernel.errors import Forbidden, Malformed, NotFound, NotSignedIn, Refusal
from chalicelib.kernel.money import Money
from tests.makers.racing import at_once
from tests.makers.rows import everything, facts, of_kind

PLATFORM = Actor(ActorKind.PLATFORM, "acc_root", role=Role.PLATFORM)
OUTSIDERS = [
    (ANONYMOUS, NotSignedIn),
    (Actor(ActorKind.MEMBER, "acc_9"), Forbidden),
    (Actor(ActorKind.MERCHANT, "api_1", "mer_1"), Forbidden),
    (Actor(ActorKind.STAFF, "acc_1", "mer_1", Role.OWNER), Forbidden),
    (Actor(ActorKind.STAFF, "acc_2", "mer_1", Role.STAFF), Forbidden),
]


def applied(code: str = "acme") -> Merchant:
    return service.apply(name=code.title(), email=f"owner@{code}.example", code=code)


def approved(code: str = "acme") -> Merchant:
    return service.open_merchant(SYSTEM, name=code.title(), email="o@acme.example", code=code)


def steps(merchant: Merchant) -> list[tuple[str, str, str]]:
    return [(one.source, one.target, one.reason) for one in service.history(PLATFORM, merchant.id)]


@pytest.mark.usefixtures("stage")
class TestOpen:
    def test_makes_a_merchant_that_may_sell_at_once(self) -> None:
        merchant = service.open_merchant(SYSTEM, name="Acme & Sons", email="Owner@Acme.example")
        assert service.get(merchant.id) == merchant
        assert service.by_code("acme-sons") == merchant
        assert merchant.can_sell
        assert (merchant.commission_bps, merchant.currency) == (1_000, "GBP")
        assert merchant.email == "owner@acme.example"
        assert merchant.delivery_methods == (standard_delivery("GBP"),)

    def test_goes_every_step_and_leaves_its_lines(self) -> None:
        assert steps(approved()) == [
            ("", "applied", ""),
            ("applied", "in_review", ""),
            ("in_review", "approved", ""),
        ]

    def test_says_so_in_the_outbox(self) -> None:
        merchant = approved()
        told = json.loads(facts("merchants.MerchantApproved")[0])
        assert (told["merchant_id"], told["code"], told["names"]) == (
            merchant.id,
            "acme",
            {"en": "Acme"},
        )

    def test_a_code_is_one_merchants(self) -> None:
        approved()
        before = everything()
        with pytest.raises(CodeTaken):
            approved()
        assert everything() == before

    def test_of_two_at_the_same_moment_one_gets_the_code(self) -> None:
        outcomes = at_once(6, lambda _: approved())
        assert sum(isinstance(outcome, CodeTaken) for outcome in outcomes) == 5
        assert len(of_kind("merchants", "MERCHANT")) == 1
        assert facts() == ["merchants.MerchantApproved"]

    def test_a_name_that_is_taken_gets_a_code_with_a_tail(self) -> None:
        first = service.open_merchant(SYSTEM, name="Acme", email="a@b.cc")
        second = service.open_merchant(SYSTEM, name="Acme", email="a@b.cc")
        assert first.code == "acme"
        assert second.code.startswith("acme-")

    def test_a_name_without_latin_letters_gets_a_code_all_the_same(self) -> None:
        merchant = service.open_merchant(
            SYSTEM, name={"en": "茶行", "zh-CN": "茶行"}, email="a@b.cc"
        )
        assert service.by_code(merchant.code) == merchant

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"email": "none"},
            {"code": "Not A Code"},
            {"commission_bps": -1},
            {"commission_bps": 10_001},
            {"currency": "pounds"},
            {"description": {"en": "x" * 2_001}},
            {"description": {"fr": "x"}},
            {"delivery_methods": [replace(standard_delivery("GBP"), price=Money(1, "EUR"))]},
        ],
    )
    def test_bad_fields_write_nothing(self, wrong: dict[str, object]) -> None:
        before = everything()
        with pytest.raises(Malformed):
            service.open_merchant(SYSTEM, **{"name": "Acme", "email": "a@b.cc", **wrong})  # type: ignore[arg-type]
        assert everything() == before

    @pytest.mark.parametrize(("actor", "refusal"), OUTSIDERS)
    def test_is_the_platforms_alone(self, actor: Actor, refusal: type[Refusal]) -> None:
        before = everything()
        with pytest.raises(refusal):
            service.open_merchant(actor, name="Acme", email="a@b.cc")
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestReview:
    def test_an_application_waits_and_is_approved(self) -> None:
        merchant = applied()
        assert merchant.state is MerchantState.APPLIED
        assert facts() == []
        assert service.take_up(PLATFORM, merchant.id).state is MerchantState.IN_REVIEW
        assert service.approve(PLATFORM, merchant.id).can_sell
        assert facts() == ["merchants.MerchantApproved"]
        assert [one.actor for one in service.history(PLATFORM, merchant.id)] == [
            "anonymous:",
            "platform:acc_root",
            "platform:acc_root",
        ]

    def test_a_rejected_one_stays_so(self) -> None:
        merchant = applied()
        service.take_up(PLATFORM, merchant.id)
        service.reject(PLATFORM, merchant.id, " No papers ")
        assert steps(merchant)[-1] == ("in_review", "rejected", "No papers")
        for again in (service.take_up, service.approve, service.reinstate):
            with pytest.raises(WrongState):
                again(PLATFORM, merchant.id)
        assert facts() == []

    def test_reviewers_see_who_waits_longest_first(self, stage: Callable[[], object]) -> None:
        waiting = []
        for code in ("c1", "c2", "c3"):
            waiting.append(applied(code).id)
            stage.forward(60)  # type: ignore[attr-defined]
        service.take_up(PLATFORM, waiting[0])
        first = service.list_merchants(PLATFORM, MerchantState.APPLIED, limit=1)
        second = service.list_merchants(
            PLATFORM, MerchantState.APPLIED, limit=1, cursor=first.next_cursor or ""
        )
        assert [merchant.id for merchant in first.items + second.items] == waiting[1:]
        in_review = service.list_merchants(PLATFORM, MerchantState.IN_REVIEW).items
        assert [merchant.id for merchant in in_review] == waiting[:1]


@pytest.mark.usefixtures("stage")
class TestStanding:
    def test_a_suspended_merchant_comes_back_or_closes(self) -> None:
        merchant = approved()
        service.suspend(PLATFORM, merchant.id, "Complaints")
        assert not service.get(merchant.id).can_sell
        assert service.reinstate(PLATFORM, merchant.id).can_sell
        service.suspend(PLATFORM, merchant.id, "More complaints")
        service.close(PLATFORM, merchant.id, "Gone")
        assert service.get(merchant.id).state is MerchantState.CLOSED
        assert facts() == [
            "merchants.MerchantApproved",
            "merchants.MerchantSuspended",
            "merchants.MerchantApproved",
            "merchants.MerchantSuspended",
        ]
        assert json.loads(facts("merchants.MerchantSuspended")[0])["reason"] == "Complaints"

    @pytest.mark.parametrize(
        "move",
        [
            lambda m: service.take_up(PLATFORM, m.id),
            lambda m: service.approve(PLATFORM, m.id),
            lambda m: service.reject(PLATFORM, m.id, ""),
            lambda m: service.reinstate(PLATFORM, m.id),
            lambda m: service.close(PLATFORM, m.id),
            lambda m: service.suspend(PLATFORM, m.id, "x" * 501),
        ],
    )
    def test_unlisted_moves_are_refused_and_write_nothing(
        self, move: Callable[[Merchant], object]
    ) -> None:
        merchant = approved()
        before = everything()
        with pytest.raises((WrongState, Malformed)):
            move(merchant)
        assert everything() == before

    def test_of_two_moves_at_the_same_moment_one_counts(self) -> None:
        merchant = approved()
        outcomes = at_once(4, lambda _: service.suspend(PLATFORM, merchant.id, "x"))
        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 3
        assert len(facts("merchants.MerchantSuspended")) == 1
        assert len(steps(merchant)) == 4

    @pytest.mark.parametrize(("actor", "refusal"), OUTSIDERS)
    @pytest.mark.parametrize(
        "verb",
        [
            lambda actor, m: service.take_up(actor, m.id),
            lambda actor, m: service.approve(actor, m.id),
            lambda actor, m: service.reject(actor, m.id, ""),
            lambda actor, m: service.suspend(actor, m.id, ""),
            lambda actor, m: service.reinstate(actor, m.id),
            lambda actor, m: service.close(actor, m.id),
            lambda actor, m: service.history(actor, m.id),
            lambda actor, _: service.list_merchants(actor, MerchantState.APPROVED),
        ],
    )
    def test_standing_is_the_platforms_alone(
        self,
        verb: Callable[[Actor, Merchant], object],
        actor: Actor,
        refusal: type[Refusal],
    ) -> None:
        merchant = approved()
        before = everything()
        with pytest.raises(refusal):
            verb(actor, merchant)
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestDelivery:
    def test_the_owner_replaces_the_ways_to_deliver(self) -> None:
        merchant = approved()
        owner = Actor(ActorKind.STAFF, "acc_1", merchant.id, Role.OWNER)
        express = replace(
            standard_delivery("GBP"), id="express", price=Money(999, "GBP"), countries=("GB",)
        )
        changed = service.update_delivery(owner, merchant.id, [express])
        assert changed.delivery_methods == service.get(merchant.id).delivery_methods == (express,)
        assert changed.version == merchant.version + 1

    def test_a_wrong_way_changes_nothing(self) -> None:
        merchant = approved()
        before = everything()
        with pytest.raises(Malformed):
            service.update_delivery(SYSTEM, merchant.id, [])
        assert everything() == before

    @pytest.mark.parametrize(
        ("actor", "refusal"),
        [*OUTSIDERS, (Actor(ActorKind.STAFF, "acc_3", "mer_2", Role.OWNER), Forbidden)],
    )
    def test_is_not_for_others(self, actor: Actor, refusal: type[Refusal]) -> None:
        merchant = approved()
        before = everything()
        with pytest.raises(refusal):
            service.update_delivery(actor, merchant.id, [standard_delivery("GBP")])
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestReading:
    def test_many_are_read_at_once_and_absent_ones_left_out(self) -> None:
        one, two = approved("one"), approved("two")
        assert service.many([one.id, "mer_none", two.id, one.id]) == {one.id: one, two.id: two}

    @pytest.mark.parametrize("find", [service.get, service.by_code])
    def test_what_is_not_there_is_not_found(self, find: Callable[[str], object]) -> None:
        with pytest.raises(NotFound):
            find("nobody")
