"""The sandbox companies: signed links and bookings in, signed callbacks out, and only by a click."""

import base64
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from standardwebhooks import Webhook

from infra.local.door.server import Request, Response
from infra.local.door.upstream import Upstream
from infra.local.sandbox import signing
from infra.local.sandbox.app import Sandbox
from infra.local.sandbox.callbacks import Callbacks
from infra.local.sandbox.pages import money
from infra.local.sandbox.store import Store
from infra.local.sandbox.words import WORDS

PAYMENT_SECRET = "whsec_" + base64.b64encode(b"payment company's secret 1234567").decode()
COURIER_SECRET = "whsec_" + base64.b64encode(b"courier's secret 1234567890abcde").decode()
RETURN_URL = "http://127.0.0.1:8000/orders/pur_1?token=t"
NOW = datetime.now(UTC)


@contextlib.asynccontextmanager
async def opened(upstream, tmp_path):
    """The sandbox with the shop's webhooks played by `upstream`; no waiting between tries."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    shop = Upstream(await upstream.server.start(0))
    store = Store(tmp_path / "sandbox.sqlite")
    callbacks = Callbacks(store, shop, host="127.0.0.1:8000", sleep=sleep, now=lambda: NOW)
    sandbox = Sandbox(
        store,
        callbacks,
        payment_secret=PAYMENT_SECRET,
        courier_secret=COURIER_SECRET,
        now=NOW.timestamp,
    )
    try:
        yield Clicker(sandbox, slept)
    finally:
        shop.close()
        store.close()
        await upstream.server.stop()


class Clicker:
    def __init__(self, sandbox, slept):
        self.sandbox = sandbox
        self.slept = slept

    async def get(self, target, *headers):
        return await self.sandbox.answer(Request("GET", target.encode(), list(headers)))

    async def post(self, path, **form):
        headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        return await self.sandbox.answer(
            Request("POST", path.encode(), headers, urlencode(form).encode())
        )

    async def signed(self, path, secret, document, message_id="msg_1", moment=NOW):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        signature = Webhook(secret).sign(message_id, moment, body.decode())
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        return await self.sandbox.answer(Request("POST", path.encode(), encoded, body))


def pay_link(payment_id="pay_1", amount=1299, secret=PAYMENT_SECRET, **changed) -> str:
    """A link as the shop makes it, by the rule of the contract and not by our code."""
    text = f"{payment_id}|{amount}|GBP|{RETURN_URL}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    query = {
        "amount": amount,
        "currency": "GBP",
        "return_url": RETURN_URL,
        "signature": hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
    }
    return f"/pay/{payment_id}?{urlencode(query | changed)}"


def told(upstream, secret) -> list[dict]:
    """What the shop was told, each checked by an independent verifier."""
    return [
        Webhook(secret).verify(
            request.body.decode(),
            {name.decode(): value.decode() for name, value in request.headers},
        )
        for request in upstream.requests
    ]


@pytest.mark.parametrize(
    ("button", "type_", "extra"),
    [
        ("approve", "payment.captured", {}),
        ("decline", "payment.failed", {"reason": "card_declined"}),
        ("expire", "payment.expired", {}),
        ("approve-late", "payment.captured", {}),
    ],
)
def test_a_button_tells_souk_and_leads_back(run, upstream, tmp_path, button, type_, extra):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            page = await clicker.get(pay_link())
            assert upstream.requests == []
            return page, await clicker.post(f"/pay/pay_1/{button}")

    page, answer = run(scenario)
    assert page.status == 200
    assert "12.99 GBP" in page.body.decode()
    assert (answer.status, answer.header(b"location").decode()) == (303, RETURN_URL)
    [event] = told(upstream, PAYMENT_SECRET)
    assert upstream.requests[0].target == b"/webhooks/payments/sandbox"
    assert event["type"] == type_
    reference = event["data"].pop("provider_reference")
    assert reference.startswith("sbxpay_")
    expected = {"payment_id": "pay_1", "amount": 1299, "currency": "GBP", **extra}
    assert event["data"] == expected


def test_looking_at_pages_never_tells_souk_anything(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            for target in (pay_link(), pay_link(), "/", "/refunds", "/courier", "/pay/pay_1"):
                assert (await clicker.get(target)).status == 200

    run(scenario)
    assert upstream.requests == []


def test_a_late_approval_repeats_the_reference_of_the_first(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.get(pay_link())
            await clicker.post("/pay/pay_1/approve")
            await clicker.post("/pay/pay_1/approve-late")

    run(scenario)
    first, second = told(upstream, PAYMENT_SECRET)
    assert first["data"]["provider_reference"] == second["data"]["provider_reference"]
    ids = [request.header(b"webhook-id") for request in upstream.requests]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    "link",
    [
        pay_link(amount=1, signature="0" * 64),
        pay_link(secret=COURIER_SECRET),
        pay_link() + "&amount=1",
        pay_link(return_url="http://evil.example/"),
        pay_link(amount="12.5"),
    ],
)
def test_a_changed_link_is_refused_and_nothing_is_kept(run, upstream, tmp_path, link):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            return await clicker.get(link), await clicker.post("/pay/pay_1/approve")

    page, click = run(scenario)
    assert page.status == 403
    assert click.status == 404
    assert upstream.requests == []


def test_a_shop_that_is_down_is_tried_again_and_the_page_shows_it(run, upstream, tmp_path):
    upstream.answers = [Response(503, []), Response(503, []), Response(200, [])]

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.get(pay_link())
            answer = await clicker.post("/pay/pay_1/approve")
            return answer, await clicker.get("/pay/pay_1"), clicker.slept

    answer, page, slept = run(scenario)
    assert answer.header(b"location").decode() == RETURN_URL
    assert slept == [0.0, 1.0, 3.0]
    assert len({request.header(b"webhook-id") for request in upstream.requests}) == 1
    assert len(told(upstream, PAYMENT_SECRET)) == 3
    assert "503," in page.body.decode()


def test_a_refusal_is_not_tried_again_until_somebody_clicks(run, upstream, tmp_path):
    upstream.answers = [Response(404, []), Response(200, [])]

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.get(pay_link())
            refused = await clicker.post("/pay/pay_1/approve")
            page = BeautifulSoup((await clicker.get("/pay/pay_1")).body, "html.parser")
            form = page.find("form", action="/pay/pay_1/again")
            await clicker.post(
                form["action"], message=form.find("input", {"name": "message"})["value"]
            )
            return refused, page

    refused, page = run(scenario)
    assert refused.header(b"location") == b"/pay/pay_1?lang=en"
    assert "not delivered" in page.text
    first, second = upstream.requests
    assert first.header(b"webhook-id") == second.header(b"webhook-id")
    assert first.body == second.body


def test_a_booking_gets_one_number_however_often_it_is_sent(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            booking = {"shipment_id": "shp_1"}
            return [
                await clicker.signed("/shipments", COURIER_SECRET, booking, message_id=message_id)
                for message_id in ("shp_1", "shp_1", "shp_2")
            ]

    first, again, other = (json.loads(answer.body) for answer in run(scenario))
    assert first["tracking_number"].startswith("SBX")
    assert again == first
    assert other["tracking_number"] != first["tracking_number"]
    assert upstream.requests == []


@pytest.mark.parametrize("event", ["picked_up", "delivered", "exception", "collected"])
def test_the_courier_tells_what_is_clicked(run, upstream, tmp_path, event):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            booked = await clicker.signed("/shipments", COURIER_SECRET, {"order_id": "ord_1"})
            number = json.loads(booked.body)["tracking_number"]
            answer = await clicker.post(f"/courier/{number}/{event}", place="Leeds", lang="zh")
            return number, answer

    number, answer = run(scenario)
    assert answer.header(b"location").decode() == f"/courier/{number}?lang=zh"
    [heard] = told(upstream, COURIER_SECRET)
    assert upstream.requests[0].target == b"/webhooks/couriers/sandbox"
    assert heard["type"] == f"shipment.{event}"
    assert heard["data"]["tracking_number"] == number
    assert heard["data"]["place"] == "Leeds"
    assert "description" not in heard["data"]


def test_a_number_that_the_merchant_made_up_can_be_spoken_for(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.post("/courier", number="MINE-1")
            await clicker.post("/courier/MINE-1/delivered")

    run(scenario)
    assert told(upstream, COURIER_SECRET)[0]["data"]["tracking_number"] == "MINE-1"


@pytest.mark.parametrize(
    ("button", "type_"), [("succeed", "refund.succeeded"), ("fail", "refund.failed")]
)
def test_a_refund_waits_for_a_click(run, upstream, tmp_path, button, type_):
    wanted = {"payment_id": "pay_1", "refund_id": "ref_1", "amount": 500, "currency": "GBP"}

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            first = await clicker.signed("/refunds", PAYMENT_SECRET, wanted, message_id="a")
            again = await clicker.signed("/refunds", PAYMENT_SECRET, wanted, message_id="b")
            assert upstream.requests == []
            page = await clicker.get("/refunds")
            await clicker.post(f"/refunds/ref_1/{button}")
            return first, again, page

    first, again, page = run(scenario)
    assert (first.status, first.body) == (202, again.body)
    assert page.body.decode().count("ref_1") > 0
    [heard] = told(upstream, PAYMENT_SECRET)
    assert heard["type"] == type_
    assert {name: heard["data"][name] for name in wanted} == wanted


@pytest.mark.parametrize("path", ["/shipments", "/refunds"])
@pytest.mark.parametrize(
    ("secret", "moment", "body", "status"),
    [
        ("other", NOW, {}, 401),
        ("own", NOW.replace(year=NOW.year - 1), {}, 401),
        ("own", NOW, b"no json", 400),
        ("own", NOW, [1], 400),
    ],
)
def test_what_is_not_signed_by_souk_is_refused(
    run, upstream, tmp_path, path, secret, moment, body, status
):
    secrets = {"/shipments": COURIER_SECRET, "/refunds": PAYMENT_SECRET}
    other = {"/shipments": PAYMENT_SECRET, "/refunds": COURIER_SECRET}

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            key = (secrets if secret == "own" else other)[path]
            answer = await clicker.signed(path, key, body, moment=moment)
            kind = {"/shipments": "/courier", "/refunds": "/refunds"}[path]
            return answer, await clicker.get(kind)

    answer, page = run(scenario)
    assert answer.status == status
    assert answer.header(b"content-type") == b"application/problem+json"
    assert 'class="empty"' in page.body.decode()


@pytest.mark.parametrize(
    "target", ["/nothing", "/pay/pay_none", "/courier/NONE", "/pay", "/pay/a/b", "/%2e%2e/x"]
)
def test_an_unknown_address_is_a_page_that_says_so(run, upstream, tmp_path, target):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            return await clicker.get(target)

    response = run(scenario)
    assert response.status == 404
    assert "There is nothing here" in response.body.decode()


def test_pages_speak_both_languages_and_hold_no_script_or_style(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            chinese = await clicker.get(pay_link(), (b"accept-language", b"zh-CN"))
            english = await clicker.get("/pay/pay_1?lang=en", (b"accept-language", b"zh-CN"))
            style = await clicker.get("/sandbox.css")
            return chinese, english, style

    chinese, english, style = run(scenario)
    assert "批准付款" in chinese.body.decode()
    assert "Approve late" in english.body.decode()
    assert style.header(b"content-type") == b"text/css; charset=utf-8"
    for response in (chinese, english):
        page = BeautifulSoup(response.body, "html.parser")
        assert page.find("script") is None
        assert page.find("style") is None
        assert page.find(style=True) is None


def test_words_are_said_in_both_languages():
    assert [key for key, (en, zh) in WORDS.items() if en == zh] == []


def test_hostile_text_is_escaped(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            return await clicker.get(pay_link("<script>alert(1)</script>"))

    assert b"<script>" not in run(scenario).body


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1299, "GBP", "12.99 GBP"),
        (5, "GBP", "0.05 GBP"),
        (123456789, "EUR", "1,234,567.89 EUR"),
        (1500, "JPY", "1,500 JPY"),
        (1500, "KWD", "1.500 KWD"),
    ],
)
def test_money_is_written_with_its_currency_s_decimals(amount, currency, text):
    assert money(amount, currency) == text


def test_our_signature_is_the_published_one():
    body = b'{"type":"payment.captured"}'
    moment = int(NOW.timestamp())
    ours = signing.headers(PAYMENT_SECRET, "msg_9", moment, body)
    theirs = Webhook(PAYMENT_SECRET).sign("msg_9", NOW, body.decode())
    assert ours["webhook-signature"] == theirs


def test_the_store_survives_a_restart(tmp_path):
    from infra.local.sandbox.store import Record

    first = Store(tmp_path / "s.sqlite")
    first.save(Record("payment", "pay_1", {"amount": 1}))
    first.save(Record("payment", "pay_2", {"amount": 2}))
    first.save(Record("payment", "pay_1", {"amount": 3}))
    first.close()
    second = Store(tmp_path / "s.sqlite")
    assert [record.id for record in second.latest("payment")] == ["pay_2", "pay_1"]
    assert second.find("payment", "pay_1").facts == {"amount": 3}
    second.close()
