"""`make bootstrap` and `make merchant`: what they print works, and works once."""

import re
import sys
from pathlib import Path

import pytest

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.service import sitemaps
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.merchants import MerchantState
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.promotions.service import taxes
from chalicelib.contexts.promotions.workers import promotions_on_issue
from chalicelib.contexts.settlement.workers import HANDLERS
from chalicelib.kernel.actors import ActorKind, Role
from infra import house, operate
from tests.makers.money_facts import a_completion, a_paid_order, a_paid_purchase
from tests.makers.offers import a_campaign, an_offer
from tests.makers.people import a_member
from tests.makers.queues import drain
from tests.makers.rows import everything
from tests.makers.shop import Shop
from tests.makers.stock import put, rows

CATEGORIES = str(Path(__file__).parents[2] / "demo" / "categories.json")
ADDRESS = "203.0.113.9"


@pytest.fixture
def command(stage, monkeypatch, capsys):
    """Run a command as make does; its words are returned, a refusal is raised."""
    monkeypatch.setattr(house, "enter", lambda stage: None)

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["infra.operate", "dev", *words])
        operate.main()
        return capsys.readouterr().out

    return run


def test_the_platform_pays_a_part_of_a_merchants_offer(command, stage) -> None:
    shop = Shop()
    tea = shop.goods(price=1_000)
    made = an_offer(shop, shop.merchant())
    words = ("share-offer", "acme", made["id"])
    assert "the platform pays 30% of what" in command(*words, "30")
    read = shop.http.get("/api/v1/merchant/offers", **shop.merchant().authorization).json()
    assert read["items"][0]["own_percent"] == 70
    (line,) = shop.look(shop.cart({tea: 1}))["lines"]
    assert line["adjustments"][0]["funder"] == "shared"
    for wrong in ("101", "-1", "much", "nan", "inf"):
        with pytest.raises(SystemExit):
            command(*words, wrong)
    with pytest.raises(SystemExit):
        command("share-offer", "acme", "off_nothing", "1")
    assert "pays 0%" in command(*words, "0")
    (line,) = shop.look(shop.cart({tea: 1}))["lines"]
    assert line["adjustments"][0]["funder"] == "merchant"


def test_bootstrap_makes_the_platforms_sign_in_and_the_categories(command):
    printed = command("bootstrap", "Me@Souk.example", CATEGORIES)
    email, password = re.search(r"platform sign-in: (\S+)  (\S+)", printed).groups()
    session, _ = identity.sign_in_console(email, password, address=ADDRESS)
    assert email == "me@souk.example"
    assert session.actor.kind is ActorKind.PLATFORM
    assert re.search(r"categories: +(\d+)", printed)[1] == str(len(catalog.categories().categories))
    assert catalog.categories().find("other") is not None
    assert b"/sitemap-1.xml.gz</loc>" in (files.get(settings().media_bucket, sitemaps.INDEX) or b"")


def test_bootstrap_again_loads_the_categories_and_keeps_the_sign_in(command, tmp_path):
    printed = command("bootstrap", "me@souk.example", CATEGORIES)
    email, password = re.search(r"platform sign-in: (\S+)  (\S+)", printed).groups()
    file = tmp_path / "categories.json"
    file.write_text('{"categories": [{"slug": "tea", "name": {"en": "Tea", "zh-CN": "茶"}}]}')
    assert "has one already" in command("bootstrap", "me@souk.example", str(file))
    assert {one.slug for one in catalog.categories().categories} == {"tea", "other"}
    assert identity.sign_in_console(email, password, address=ADDRESS)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "{}", '{"categories": [5]}', '{"categories": [{"slug": "A b"}]}']
)
def test_bootstrap_with_a_file_that_is_none_changes_nothing(command, tmp_path, text):
    file = tmp_path / "categories.json"
    if text is not None:
        file.write_text(text)
    before = everything()
    with pytest.raises(SystemExit) as refusal:
        command("bootstrap", "me@souk.example", str(file))
    assert refusal.value.code not in {0, None}
    assert everything() == before


def test_a_merchant_whose_owner_cannot_sign_in_is_not_made(command):
    command("merchant", "Blue Teapot", "owner@teapot.example")
    before = everything()
    with pytest.raises(SystemExit, match="address"):
        command("merchant", "Red Teapot", "owner@teapot.example")
    assert everything() == before


def test_merchant_prints_a_sign_in_and_a_key_that_work(command):
    printed = command("merchant", "Blue Teapot", "owner@teapot.example")
    merchant_id = re.search(r"mer_\w+", printed)[0]
    sign_in = re.search(r"console sign-in: (\S+)  (\S+)", printed)
    key = re.search(r"key_\w+", printed)[0]
    found = merchants.get(merchant_id)
    assert found.state is MerchantState.APPROVED
    assert f"({found.code})" in printed
    session, _ = identity.sign_in_console(sign_in[1], sign_in[2], address=ADDRESS)
    assert (session.actor.role, session.actor.merchant_id) == (Role.OWNER, merchant_id)
    assert identity.merchant(key).merchant_id == merchant_id


@pytest.mark.parametrize(
    "words",
    [("bootstrap", "", CATEGORIES), ("merchant", "Name", " "), ("redrive", ""), ("nothing",)],
)
def test_a_missing_word_is_asked_for(command, words, capsys):
    with pytest.raises(SystemExit) as refusal:
        command(*words)
    assert refusal.value.code == 2
    assert "usage: infra.operate" in capsys.readouterr().err


def test_spread_stock_spreads_a_sku(command):
    put("acme.A", 9)
    assert command("spread-stock", "acme.A", "3") == "acme.A: 9 free units lie over 3 rows\n"
    assert rows("acme.A") == [(3, 0)] * 3


@pytest.mark.parametrize("words", [("acme.A", "many"), ("acme.A", "11"), ("never.put", "3")])
def test_spread_stock_refuses_what_cannot_be(command, words):
    put("acme.A", 9)
    before = everything()
    with pytest.raises(SystemExit):
        command("spread-stock", *words)
    assert everything() == before


def test_close_statements_closes_what_is_owed_and_then_nothing(command):
    order, other = a_paid_order(1), a_paid_order(2)
    for fact in (
        a_paid_purchase(order, other),
        a_completion(order),
        a_completion(other),
    ):
        HANDLERS[type(fact)](fact)
    printed = command("close-statements").splitlines()
    assert len(printed) == 3
    assert all(re.search(r"mer_\d  \d+ entries  owed \d+ GBP", line) for line in printed[:-1])
    assert printed[-1] == "2 statements closed"
    assert command("close-statements") == "0 statements closed\n"


def test_coupons_are_handed_out_shown_paused_and_resumed(command):
    shop = Shop()
    campaign = a_campaign(shop, shop.merchant())["id"]
    named = f"members:{a_member()[0].id}"
    printed = command("issue-coupons", campaign, named, "now")
    (issue,) = re.findall(r"issue: (iss_\S+)", printed)
    assert re.search(r"running +\[\.{40}\] 0 of 1 members", printed)
    assert command("issue", issue, "pause").startswith("paused")
    assert command("issue", issue, "resume").startswith("running")
    drain(settings().promotions_issues_queue_url, promotions_on_issue)
    printed = command("issue", issue, "show")
    assert re.search(r"done +\[#{40}\] 1 of 1 members", printed)
    assert "1 coupons given, 0 found none left" in printed


@pytest.mark.parametrize(
    ("to", "detail"),
    [
        ("tiers:tin", "no tier tin"),
        ("friends", "TO says"),
        ("since:soon", "time"),
        ("members:,", "TO says"),
    ],
)
def test_whom_an_operator_means_must_be_known(command, to, detail):
    shop = Shop()
    campaign = a_campaign(shop, shop.merchant())["id"]
    with pytest.raises(SystemExit, match=detail):
        command("issue-coupons", campaign, to, "now")


def test_tax_rules_come_from_a_file_and_a_broken_one_changes_nothing(command, tmp_path):
    command("bootstrap", "me@souk.example", CATEGORIES)
    file = tmp_path / "taxes.json"
    file.write_text('[{"country": "GB", "rate_bps": 2000, "is_included": true}]')
    assert "GB       20% in the price  goods" in command("taxes", str(file))
    file.write_text('[{"country": "GB"}]')
    with pytest.raises(SystemExit, match="no list of tax rules"):
        command("taxes", str(file))
    file.write_text('[{"country": "GB", "rate_bps": 90000, "is_included": true}]')
    with pytest.raises(SystemExit):
        command("taxes", str(file))
    assert len(taxes.taxes()) == 1
