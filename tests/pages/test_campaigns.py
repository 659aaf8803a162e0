"""The console's campaigns: the list, the form with its sample cart, a campaign's own page."""

from random import Random

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.contexts.promotions.workers import promotions_on_sale_fact
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind, Role
from tests.makers.browser import Browser, values
from tests.makers.facts import deliver
from tests.makers.issues import Deadly
from tests.makers.offers import a_campaign, an_offer, claim, claimed, put_coupon
from tests.makers.people import PASSWORD, a_member
from tests.pages.test_console import signed_in
from tests.pages.test_offers import amounts

CAMPAIGNS = "/console/campaigns"
TIMES = {"starts_at": "2026-03-02T00:00", "ends_at": "2099-03-09T00:00", "zone": "+08:00"}


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


def fill(browser: Browser, press: str = "publish", **fields: str):
    page = browser.get(f"{CAMPAIGNS}/new")
    said = {"title_en": "Welcome", **TIMES, **fields}
    return browser.send(page, page.form(f"{CAMPAIGNS}/new"), press=press, **said)


def used(shop, campaign_id: str) -> None:
    """A member claims a coupon and pays for a TEA with it."""
    token = a_member()[1]
    code = claimed(shop, campaign_id, token)["code"]
    bearer = {"authorization": f"Bearer {token}"}
    cart = shop.cart({"acme.TEA": 1})
    assert put_coupon(shop, cart, code, **bearer).status == 200
    shop.capture(shop.checkout(cart, headers=bearer).json())
    deliver(promotions_on_sale_fact, "orders.PurchasePaid")


class TestList:
    def test_without_campaigns_it_says_what_to_do(self, acme, keeper) -> None:
        for browser in (acme, keeper):
            page = browser.get(CAMPAIGNS)
            assert "No coupons yet." in page.text
            assert page.one("main .panel a")["href"] == f"{CAMPAIGNS}/new"
            assert page.texts(".console__nav [aria-current]") == ["Coupons"]

    def test_tabs_hold_campaigns_by_state(self, acme, shop) -> None:
        seller = shop.sellers["acme"]
        a_campaign(shop, seller, title="Open")
        gone = a_campaign(shop, seller, title="Gone", quantity=1)
        assert claim(shop, gone["id"], a_member()[1]).status == 201
        a_campaign(shop, seller, title="Stopped", stopped=True)
        times = {"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-02-01T00:00:00Z"}
        a_campaign(shop, seller, title="Later", code="later-on", **times)
        every = ["Later LATER-ON", "Stopped", "Gone", "Open"]
        assert sorted(acme.get(CAMPAIGNS).texts(".table .title")) == sorted(every)
        for state, title in zip(("scheduled", "stopped", "exhausted", "live"), every, strict=True):
            assert acme.get(f"{CAMPAIGNS}?state={state}").texts(".table .title") == [title]
        assert "No campaign is over yet." in acme.get(f"{CAMPAIGNS}?state=ended").text

    def test_it_counts_what_is_gone_and_what_that_cost(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        used(shop, made["id"])
        assert claim(shop, made["id"], a_member("eve@shop.example")[1]).status == 201
        row = amounts(acme.get(CAMPAIGNS), ".table tbody td")
        assert row[4:6] == ["2 of 10 given out", "£3.00 1 order"]

    def test_one_is_stopped_and_opened_again_by_undo(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        actor = shop.sellers["acme"].actor
        page = acme.get(f"{CAMPAIGNS}?state=live")
        action = f"{CAMPAIGNS}/{made['id']}/state"
        page = acme.send(page, page.form(action), press="stop")
        assert page.address == f"{CAMPAIGNS}?state=live&done={made['id']}"
        assert "“Welcome” is stopped." in page.text
        assert campaigns.one(actor, made["id"]).is_stopped
        page = acme.send(page, page.form(action), press="run")
        assert "“Welcome” is open again." in page.text
        assert not campaigns.one(actor, made["id"]).is_stopped

    def test_anothers_campaign_is_neither_shown_nor_changed(self, acme, keeper, shop) -> None:
        made = a_campaign(shop, shop.merchant("kiln"), title="Hers")
        for browser in (acme, keeper):
            assert "Hers" not in browser.get(f"{CAMPAIGNS}?done={made['id']}").text
            assert browser.get(f"{CAMPAIGNS}/{made['id']}").status == 404
            page = browser.get("/console")
            sent = {"csrf": str(page.soup.select_one("[name=csrf]")["value"]), "move": "stop"}
            assert browser.post(f"{CAMPAIGNS}/{made['id']}/state", sent).status == 404
            change = {**sent, "title_en": "Mine", "quantity": "5", "per_member": "1"}
            assert browser.post(f"{CAMPAIGNS}/{made['id']}", change).status == 404
        kept = campaigns.one(shop.sellers["kiln"].actor, made["id"])
        assert (kept.is_stopped, kept.titles["en"]) == (False, "Hers")


class TestForm:
    def test_every_kind_is_made(self, acme, shop) -> None:
        told = {
            "amount_off": ({"amount": "2.50", "threshold_amount": "20"}, "£2.50 off · from £20.00"),
            "percent_off": ({"percent": "12.5", "cap": "5"}, "12.5% off · at most £5.00"),
            "free_shipping": ({"threshold_quantity": "3"}, "Free delivery · from 3 pieces on"),
        }
        shown = acme.get(f"{CAMPAIGNS}/new")
        assert [one["value"] for one in shown.soup.select("[name=kind] option")] == list(told)
        for kind, (fields, said) in told.items():
            page = fill(acme, kind=kind, **fields)
            assert page.address == CAMPAIGNS, page.text
            assert said in page.text

    def test_it_is_made_as_it_was_typed(self, acme, shop) -> None:
        fields = {"code": "hello-1", "quantity": "600", "per_member": "2", "combines": "1"}
        page = fill(acme, "keep", amount="3", skus="TEA", **fields)
        assert page.address == CAMPAIGNS, page.text
        (made,) = campaigns.campaigns(shop.sellers["acme"].actor).items
        assert (made.is_stopped, made.code, made.quantity) == (True, "HELLO-1", 600)
        assert (made.per_member, made.valid_days, made.shards) == (2, None, 6)
        assert made.starts_at == clock.parse("2026-03-01T16:00:00Z")
        assert made.coupon.combines_with == {made.coupon.lane}
        assert len(made.coupon.products) == 1

    def test_it_may_be_for_a_tier_or_for_first_orders(self, acme, shop) -> None:
        actor = shop.sellers["acme"].actor
        fill(acme, title_en="First", amount="3", audience="first-order")
        assert "£3.00 off · first order only" in fill(acme, amount="2", audience="gold").text
        gold, first = (one.coupon.audience for one in campaigns.campaigns(actor).items)
        assert (first.first_order_only, "gold" in gold.tiers) == (True, True)

    def test_occasions_give_coupons_by_themselves(self, acme, keeper, shop) -> None:
        spend = {"occasion": "spend", "occasion_amount": "50"}
        for browser, fields, said in (
            (acme, spend, "An order is completed · from £50.00 on"),
            (keeper, {"occasion": "sign_up"}, "Somebody becomes a member"),
            (keeper, {"occasion": "tier:gold"}, "A member rises to Gold"),
        ):
            page = fill(browser, amount="3", **fields)
            assert page.address == CAMPAIGNS, page.text
            page = browser.get(str(page.soup.select(".table .title a")[0]["href"]))
            assert said in page.texts(".facts dd")
        options = [
            one["value"]
            for one in acme.get(f"{CAMPAIGNS}/new").soup.select("[name=occasion] option")
        ]
        assert options == ["", "spend"]
        for fields, wrong in (
            ({"occasion": "spend"}, {"occasion_amount": "Fill this in."}),
            ({"occasion": "sign_up"}, {"occasion": "This does not look right."}),
            ({"occasion": "never"}, {"occasion": "Choose another one."}),
        ):
            page = fill(acme, amount="3", **fields)
            found = {
                str(one["id"])[2:]: one.get_text() for one in page.soup.select(".field__error")
            }
            assert found == wrong

    def test_days_count_from_the_claim(self, acme, shop) -> None:
        fill(acme, amount="3", valid_days="7")
        (made,) = campaigns.campaigns(shop.sellers["acme"].actor).items
        assert made.valid_days == 7
        page = acme.get(f"{CAMPAIGNS}/{made.id}")
        assert "7 days" in page.texts(".facts dd")

    def test_sending_it_twice_makes_one(self, acme, shop) -> None:
        page = acme.get(f"{CAMPAIGNS}/new")
        form = page.form(f"{CAMPAIGNS}/new")
        for _ in range(2):
            acme.send(page, form, press="publish", title_en="Welcome", amount="3")
        assert len(campaigns.campaigns(shop.sellers["acme"].actor).items) == 1

    def test_the_platform_makes_its_own(self, keeper, acme) -> None:
        page = fill(keeper, amount="1", threshold_amount="20", skus="acme.TEA")
        assert page.address == CAMPAIGNS, page.text
        (made,) = campaigns.campaigns(SYSTEM).items
        assert (made.merchant_id, len(made.coupon.products)) == ("", 1)
        assert acme.get(CAMPAIGNS).texts(".table .title") == []

    def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
        self, acme, shop
    ) -> None:
        a_campaign(shop, shop.merchant("kiln"), code="TAKEN")
        out_of_range = "This is too long, too short or out of range."
        told = [
            ({"amount": "3", "quantity": "0"}, {"quantity": out_of_range}),
            ({"amount": "3", "per_member": ""}, {"per_member": "Fill this in."}),
            ({"amount": "", "valid_days": "x"}, {
                "amount": "Fill this in.", "valid_days": "This does not look right.",
            }),
            ({"amount": "3", "code": "no spaces"}, {"code": "This does not look right."}),
            ({"amount": "3", "valid_days": "99999"}, {"valid_days": out_of_range}),
            ({"amount": "3", "ends_at": "2026-03-01T00:00"}, {
                "ends_at": "The end comes after the start.",
            }),
            ({"kind": "percent_off", "percent": "101"}, {"percent": out_of_range}),
            ({"amount": "3", "skus": "NONE"}, {"skus": "Choose another one."}),
            ({"kind": "gift"}, {"kind": "Choose another one."}),
            ({"amount": "3", "code": "taken"}, {"code": "Another campaign has this code"}),
        ]  # fmt: skip
        for fields, wrong in told:
            page = fill(acme, **fields)
            assert page.status in {400, 409, 422}
            found = {
                str(one["id"])[2:]: one.get_text() for one in page.soup.select(".field__error")
            }
            assert found == wrong
            for name, value in fields.items():
                field = page.one(f"[name={name}]")
                assert field.name != "input" or field["value"] == value
        assert campaigns.campaigns(shop.sellers["acme"].actor).items == []


class TestPage:
    def test_it_shows_figures_and_what_a_coupon_does(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        used(shop, made["id"])
        page = acme.get(f"{CAMPAIGNS}/{made['id']}")
        assert page.heading == "Welcome"
        assert amounts(page, ".facts dd")[0] == "£3.00 off"
        assert amounts(page, ".facts dd")[-2:] == ["9", "£3.00"]
        assert amounts(page, ".todo div")[:4] == [
            "1 orders with it",
            "1 pieces with it",
            "£7.00 paid for them",
            "£3.00 taken off",
        ]
        assert amounts(page, "#preview tfoot td") == ["£15.00", "£12.00", "£3.00"]

    def test_it_is_stopped_from_its_page(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        page = acme.get(f"{CAMPAIGNS}/{made['id']}")
        page = acme.send(page, page.form(f"{CAMPAIGNS}/{made['id']}/state"), press="stop")
        assert "“Welcome” is stopped." in page.text

    def test_its_title_and_quantities_change(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        place = f"{CAMPAIGNS}/{made['id']}"
        page = acme.get(place)
        told = {"title_zh": "欢迎", "quantity": "20", "per_member": "2"}
        page = acme.send(page, page.form(place), **told)
        assert "Saved." in page.text
        kept = campaigns.one(shop.sellers["acme"].actor, made["id"])
        assert kept.titles == {"en": "Welcome", "zh-CN": "欢迎"}
        assert (kept.quantity, kept.per_member) == (20, 2)
        assert campaigns.left_of([kept])[kept.id] == 20

    def test_a_quantity_below_what_is_gone_is_said_beside_it(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"], per_member=2)
        token = a_member()[1]
        for _ in range(2):
            assert claim(shop, made["id"], token).status == 201
        place = f"{CAMPAIGNS}/{made['id']}"
        page = acme.get(place)
        page = acme.send(page, page.form(place), quantity="1")
        assert page.status == 409
        assert page.texts("#e-quantity") == ["2 are used already"]
        assert page.one("[name=quantity]")["value"] == "1"


class TestCodes:
    def test_they_are_made_and_fetched_as_a_file(self, acme, shop) -> None:
        page = fill(acme, amount="3", quantity="120", single_codes="1")
        (made,) = campaigns.campaigns(shop.sellers["acme"].actor).items
        place = f"{CAMPAIGNS}/{made.id}"
        assert "0 of 120 made as codes" in page.text
        page = acme.get(place)
        form = page.form(f"{place}/codes")
        assert page.one("[name=codes]")["value"] == "120"
        assert acme.get(f"{place}/codes.csv").reply.text == "code\r\n"
        for _ in range(2):
            page = acme.send(page, form, codes="100")
            assert "The codes are made." in page.text
            assert "100 of 120 made as codes" in page.text
        file = acme.get(page.one("a[download]")["href"]).reply
        lines = file.text.split("\r\n")
        assert (lines[0], lines[-1], len(set(lines[1:-1]))) == ("code", "", 100)
        assert file.headers["content-disposition"] == f'attachment; filename="{made.id}.csv"'
        cart = shop.cart({"acme.TEA": 1})
        assert put_coupon(shop, cart, lines[1]).status == 200

    def test_more_than_there_are_is_said(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"], single_codes=True)
        place = f"{CAMPAIGNS}/{made['id']}"
        page = acme.get(place)
        form = page.form(f"{place}/codes")
        page = acme.send(page, form, codes="11")
        assert (page.status, "All coupons are gone" in page.text) == (409, True)
        page = acme.send(page, form, codes="many")
        assert page.texts("#e-codes") == ["This does not look right."]
        assert page.one("[name=codes]")["value"] == "many"
        page = acme.send(page, form, codes="10")
        assert "All codes of this campaign are made." in page.text


class TestIssuing:
    @pytest.fixture
    def place(self, keeper) -> str:
        fill(keeper, amount="3", quantity="5")
        (made,) = campaigns.campaigns(SYSTEM).items
        return f"{CAMPAIGNS}/{made.id}"

    def test_the_platform_hands_out_pauses_and_goes_on(self, keeper, place) -> None:
        members = [a_member(f"{name}@shop.example")[0] for name in ("ada", "eve")]
        page = keeper.get(place)
        form = page.form(f"{place}/issues")
        with Deadly(Random(1), kills=0, calls_a_kill=1).running() as queue:
            for _ in range(2):
                page = keeper.send(page, form)
            queue.waiting.clear()
        row = page.texts("#issues tbody td")
        assert len(row) == 5
        assert row[1:3] == ["All members", "Under way"]
        action = str(page.one("#issues td form")["action"])
        page = keeper.send(page, page.form(action), press="pause")
        assert page.texts("#issues .tag") == ["Paused"]
        assert page.address == f"{place}#issues"
        with queue.running():
            page = keeper.send(page, page.form(action), press="resume")
            assert page.texts("#issues .tag") == ["Under way"]
            queue.drain()
        page = keeper.get(place)
        assert page.texts("#issues .tag") == ["Done"]
        assert page.texts("#issues td label") == ["2 of 2 members looked at"]
        assert page.texts("#issues td .muted") == ["2 handed out"]
        assert not page.soup.select("#issues td form")
        for member in members:
            assert len(campaigns.coupons(member).items) == 1

    def test_it_waits_for_its_day_and_is_for_a_tier(self, keeper, place) -> None:
        page = keeper.get(place)
        told = {"starts_at": "2026-06-01T09:00", "whom": "gold"}
        page = keeper.send(page, page.form(f"{place}/issues"), **told)
        assert page.texts("#issues .tag") == ["Scheduled"]
        row = page.texts("#issues tbody td")
        assert (row[0], row[1].split(" / ")[0]) == ("1 Jun 2026 09:00 UTC", "Gold")
        page = keeper.send(page, page.form(f"{place}/issues"), starts_at="soon", whom="tin")
        assert page.texts("#issues .field__error") == ["This does not look right."]

    def test_it_is_for_members_by_name(self, keeper, place) -> None:
        ada = a_member()[0]
        phone = "+44 7700 900123"
        eve = identity.register(phone=phone, password="correct horse battery")[0]
        form = keeper.get(place).form(f"{place}/issues")
        told = f" ADA@shop.example\nbob@shop.example, {ada.id}\n\nacc_nobody;Ada Lovelace"
        page = keeper.send(keeper.get(place), form, whom="named", members=told)
        assert page.status == 422
        (error,) = page.texts("#issues .field__error")
        assert "bob@shop.example, acc_nobody, Ada Lovelace" in error
        assert page.one("#f-members").text.strip() == told.strip()
        assert not page.soup.select("#issues td")
        told = f"ada@shop.example, {ada.id}\n{phone}"
        with Deadly(Random(1), kills=0, calls_a_kill=1).running() as queue:
            page = keeper.send(page, form, whom="named", members=told)
            queue.drain()
        page = keeper.get(place)
        assert page.texts("#issues td:nth-child(2)") == ["2 members"]
        assert page.texts("#issues td .muted") == ["2 handed out"]
        for member in (ada, Actor(ActorKind.MEMBER, eve.id)):
            assert len(campaigns.coupons(member).items) == 1
        page = keeper.send(page, form, whom="named", members="")
        assert page.texts("#issues .field__error") == ["Fill this in."]

    def test_it_is_for_who_joined_in_a_time(self, keeper, place) -> None:
        page = keeper.get(place)
        form = page.form(f"{place}/issues")
        wrong = {"joined_since": "2026-03-02T00:00", "joined_until": "2026-03-01T00:00"}
        page = keeper.send(page, form, whom="joined", **wrong)
        assert page.texts("#issues .field__error") == ["The end comes after the start."]
        page = keeper.send(page, form, whom="joined", joined_since="", joined_until="")
        assert page.texts("#issues .field__error") == ["Fill this in."]
        told = {"joined_since": "2026-01-01T00:00", "joined_until": "2026-02-01T00:00"}
        page = keeper.send(page, form, whom="joined", zone="+08:00", **told)
        assert page.texts("#issues td:nth-child(2)") == ["Joined 31 Dec 2025 – 31 Jan 2026"]

    def test_merchants_see_no_form_and_start_nothing(self, acme, shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"])
        place = f"{CAMPAIGNS}/{made['id']}"
        page = acme.get(place)
        assert not page.soup.select("#issues")
        sent = {"csrf": str(page.soup.select_one("[name=csrf]")["value"]), "key": "x"}
        assert acme.post(f"{place}/issues", sent).status == 403


class TestPreview:
    def test_it_follows_while_one_types(self, acme, shop) -> None:
        page = acme.get(f"{CAMPAIGNS}/new")
        sent = values(page.form(f"{CAMPAIGNS}/new"))
        part = acme.post(f"{CAMPAIGNS}/preview", sent)
        hint = "Fill in the form to see what it does to a sample cart."
        assert (part.status, part.text) == (200, hint)
        part = acme.post(f"{CAMPAIGNS}/preview", {**sent, **TIMES, "title_en": "A", "amount": "5"})
        assert amounts(part, "tfoot td") == ["£15.00", "£10.00", "£5.00"]
        assert "No other coupon competes with it." in part.text

    def test_it_stacks_on_offers_and_names_coupons_it_meets(self, acme, shop) -> None:
        seller = shop.sellers["acme"]
        an_offer(shop, seller, value={"percent": 10})
        other = a_campaign(shop, seller, title="More", value={"amount": 400, "currency": "GBP"})
        page = fill(acme, "preview", amount="3")
        assert amounts(page, "#preview tfoot td") == ["£14.00", "£11.00", "£3.00"]
        assert [one["href"] for one in page.soup.select("#preview li a")] == [
            f"{CAMPAIGNS}/{other['id']}"
        ]
        assert "on the sample cart the other one runs." in page.text
        assert len(campaigns.campaigns(seller.actor).items) == 1
