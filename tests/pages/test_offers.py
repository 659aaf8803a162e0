"""The console's offers: the list, the form, what they do to a sample cart."""

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.service import offers
from chalicelib.kernel.actors import Role
from tests.makers.browser import Browser
from tests.makers.offers import an_offer
from tests.makers.people import PASSWORD
from tests.pages.test_console import signed_in

OFFERS = "/console/offers"


@pytest.fixture
def acme(shop) -> Browser:
    """Acme's owner in its console, with ten pieces of acme.TEA to sell."""
    shop.goods("acme", "TEA", price=1_000)
    identity.add_staff(shop.sellers["acme"].id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    return signed_in("owner@acme.example")


@pytest.fixture
def keeper(shop) -> Browser:
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    return signed_in("keeper@souk.example")


class TestList:
    def test_without_offers_it_says_what_to_do(self, acme, keeper) -> None:
        for browser in (acme, keeper):
            page = browser.get(OFFERS)
            assert "No offer yet." in page.text
            assert page.one("main .panel a")["href"] == f"{OFFERS}/new"
            assert page.texts(".console__nav [aria-current]") == ["Offers"]

    def test_tabs_hold_offers_by_state(self, acme, shop, stage) -> None:
        seller = shop.sellers["acme"]
        an_offer(shop, seller, title="Live", quota=20)
        an_offer(
            shop,
            seller,
            title="Later",
            starts_at="2027-01-01T00:00:00Z",
            ends_at="2027-02-01T00:00:00Z",
        )
        an_offer(shop, seller, "free_shipping", None, title="Stopped", stopped=True)
        assert sorted(acme.get(OFFERS).texts(".table .title")) == ["Later", "Live", "Stopped"]
        for state, title in (("live", "Live"), ("scheduled", "Later"), ("stopped", "Stopped")):
            assert acme.get(f"{OFFERS}?state={state}").texts(".table .title") == [title]
        assert acme.get(f"{OFFERS}?state=ended").texts("main .panel p") == [
            "No offer is over yet.",
            "Make an offer",
        ]
        stage.forward(86_400)
        page = signed_in("owner@acme.example").get(f"{OFFERS}?state=ended")
        assert page.texts(".table .title") == ["Stopped", "Live"]
        assert page.soup.select("form[action$='/state']") == []

    def test_what_it_takes_and_what_is_used_is_said(self, acme, shop) -> None:
        value = {"percent": 12.5, "cap": {"amount": 500, "currency": "GBP"}}
        threshold = {"amount": {"amount": 3_000, "currency": "GBP"}}
        an_offer(shop, shop.sellers["acme"], "percent_off", value, threshold=threshold, quota=20)
        page = acme.get(OFFERS)
        assert "12.5% off · at most £5.00 · from £30.00 on Everything" in page.text
        assert page.texts("label") == ["0 of 20 used"]
        bar = page.one("progress")
        assert (bar["value"], bar["max"]) == ("0", "20")

    def test_an_offer_is_stopped_and_runs_again_by_undo(self, acme, shop) -> None:
        made = an_offer(shop, shop.sellers["acme"], title="Spring")
        actor = shop.sellers["acme"].actor
        page = acme.get(f"{OFFERS}?state=live")
        form = page.form(f"{OFFERS}/{made['id']}/state")
        page = acme.send(page, form, press="stop")
        assert page.address == f"{OFFERS}?state=live&done={made['id']}"
        assert "“Spring” is stopped." in page.text
        assert offers.one(actor, made["id"]).is_stopped
        page = acme.send(page, page.form(f"{OFFERS}/{made['id']}/state"), press="run")
        assert "“Spring” may run again." in page.text
        assert not offers.one(actor, made["id"]).is_stopped

    def test_anothers_offer_is_neither_shown_nor_stopped(self, acme, keeper, shop) -> None:
        made = an_offer(shop, shop.merchant("kiln"), title="Hers")
        for browser in (acme, keeper):
            assert "Hers" not in browser.get(f"{OFFERS}?done={made['id']}").text
            page = browser.get("/console")
            sent = {"csrf": str(page.soup.select_one("[name=csrf]")["value"]), "move": "stop"}
            assert browser.post(f"{OFFERS}/{made['id']}/state", sent).status == 404
        assert not offers.one(shop.sellers["kiln"].actor, made["id"]).is_stopped
