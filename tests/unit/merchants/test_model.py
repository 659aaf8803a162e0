"""Merchants' standing, codes and ways to deliver."""

import pytest
from msgspec.structs import replace

from chalicelib.contexts.merchants.model import (
    STANDING,
    DeliveryMethod,
    Merchant,
    MerchantState,
    MethodKind,
    checked_code,
    checked_email,
    checked_methods,
    checked_name,
    code_from,
    standard_delivery,
)
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.money import Money

STANDARD = standard_delivery("GBP")
PICKUP = DeliveryMethod(
    id="counter",
    kind=MethodKind.PICKUP,
    name={"en": "At the counter"},
    price=Money(0, "GBP"),
    countries=("GB", "IE"),
    days_min=0,
    days_max=0,
)


class TestStanding:
    def test_moves_along_the_listed_edges_and_no_other(self) -> None:
        edges = {
            (source.value, target.value)
            for source in MerchantState
            for target in MerchantState
            if STANDING.allows(source, target)
        }
        assert edges == {
            ("applied", "in_review"),
            ("in_review", "approved"),
            ("in_review", "rejected"),
            ("approved", "suspended"),
            ("suspended", "approved"),
            ("suspended", "closed"),
        }

    @pytest.mark.parametrize("state", list(MerchantState))
    def test_only_the_approved_sell(self, state: MerchantState) -> None:
        merchant = Merchant(
            id="mer_1",
            code="acme",
            name={"en": "Acme"},
            email="a@b.cc",
            state=state,
            commission_bps=0,
            currency="GBP",
            delivery_methods=(),
            description={},
            created_at="",
        )
        assert merchant.can_sell is (state is MerchantState.APPROVED)


class TestCode:
    @pytest.mark.parametrize(
        ("name", "code"),
        [("Acme & Söhne GmbH", "acme-sohne-gmbh"), ("茶行", ""), ("x" * 90, "x" * 40)],
    )
    def test_is_made_of_the_name(self, name: str, code: str) -> None:
        assert code_from(name) == code

    @pytest.mark.parametrize("code", ["a", "a1", "acme-sohne", "x" * 40])
    def test_of_letters_digits_and_hyphens_is_taken(self, code: str) -> None:
        assert checked_code(code) == code

    @pytest.mark.parametrize("code", ["", "-a", "a-", "Acme", "a.b", "a b", "ä", "x" * 41, "a\n"])
    def test_of_anything_else_is_refused(self, code: str) -> None:
        with pytest.raises(Malformed):
            checked_code(code)


class TestName:
    def test_may_be_in_both_languages(self) -> None:
        assert checked_name(" Acme ") == {"en": "Acme"}
        assert checked_name({"en": "Tea", "zh-CN": "茶行"}) == {"en": "Tea", "zh-CN": "茶行"}
        assert checked_name({"en": "Tea", "zh-CN": " "}) == {"en": "Tea"}

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            {"zh-CN": "茶行"},
            {"en": "Tea", "fr": "Thé"},
            "x" * 101,
            "a\nb",
            {"en": "a\x00"},
        ],
    )
    def test_needs_english_on_one_line(self, name: str | dict[str, str]) -> None:
        with pytest.raises(Malformed):
            checked_name(name)


class TestEmail:
    @pytest.mark.parametrize(
        "email", ["", "a", "a@b", "a b@c.dd", "a@b.cc\r\nx: y", "a" * 254 + "@b.cc"]
    )
    def test_what_is_none_is_refused(self, email: str) -> None:
        with pytest.raises(Malformed):
            checked_email(email)


class TestDelivery:
    def test_several_ways_are_taken_as_they_are(self) -> None:
        assert checked_methods([STANDARD, PICKUP], "GBP") == (STANDARD, PICKUP)

    def test_some_way_is_needed_and_not_too_many(self) -> None:
        many = [replace(STANDARD, id=f"m{number}") for number in range(11)]
        for methods in ([], many):
            with pytest.raises(Malformed):
                checked_methods(methods, "GBP")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": ""},
            {"id": "Über Nacht"},
            {"name": {}},
            {"name": {"zh-CN": "配送"}},
            {"price": Money(-1, "GBP")},
            {"price": Money(499, "EUR")},
            {"price": Money(10**13, "GBP")},
            {"free_from": Money(-1, "GBP")},
            {"free_from": Money(5_000, "EUR")},
            {"countries": ("GB", "XX")},
            {"countries": ("gb",)},
            {"days_min": -1},
            {"days_min": 6},
            {"days_max": 366},
        ],
    )
    def test_one_wrong_way_refuses_all(self, wrong: dict[str, object]) -> None:
        with pytest.raises(Malformed):
            checked_methods([PICKUP, replace(STANDARD, **wrong)], "GBP")

    def test_every_way_has_its_own_id(self) -> None:
        with pytest.raises(Malformed):
            checked_methods([STANDARD, STANDARD], "GBP")
