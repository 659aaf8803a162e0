"""The sandbox companies: signed links and bookings in, signed callbacks out, and only by a click."""

import base64
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from html import escape
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
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class StandingStill(datetime):
    """The time that the independent verifier reads."""

    @classmethod
    def now(cls, tz=None):
        return NOW


@pytest.fixture(autouse=True)
def _same_time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", StandingStill)


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
        emulator=shop,
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

    async def ask(self, target, secret=PAYMENT_SECRET):
        signature = Webhook(secret).sign("msg_ask", NOW, "")
        headers = [
            (b"webhook-id", b"msg_ask"),
            (b"webhook-timestamp", str(int(NOW.timestamp())).encode()),
            (b"webhook-signature", signature.encode()),
        ]
        return await self.get(target, *headers)

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


def test_the_company_says_its_last_word_to_who_holds_the_secret(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.get(pay_link())
            said = [await clicker.ask("/payments/pay_1")]
            for button in ("decline", "approve-late", "expire", "dispute"):
                await clicker.post(f"/pay/pay_1/{button}")
                said.append(await clicker.ask("/payments/pay_1"))
            return said, await clicker.ask("/payments/pay_1", COURIER_SECRET)

    said, stranger = run(scenario)
    assert [answer.status for answer in said] == [404, 200, 200, 200, 200]
    types = [json.loads(answer.body)["type"] for answer in said[1:]]
    assert types == ["payment.failed", *["payment.captured"] * 3]
    assert json.loads(said[-1].body)["data"]["amount"] == 1299
    assert stranger.status == 401
    assert b"payment." not in stranger.body


def test_a_tracking_link_opens_the_shipment_s_page(run, upstream, tmp_path):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            link = await clicker.get("/track/SBX01ABC")
            nonsense = await clicker.get("/track/%3Cb%3E")
            return link, nonsense, await clicker.get("/courier")

    link, nonsense, page = run(scenario)
    assert link.header(b"location") == b"/courier/SBX01ABC?lang=en"
    assert nonsense.header(b"location") == b"/courier?lang=en"
    assert "SBX01ABC" in page.body.decode()
    assert upstream.requests == []


@pytest.mark.parametrize("event", ["picked_up", "delivered", "exception", "collected"])
def test_the_courier_tells_what_is_clicked(run, upstream, tmp_path, event):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            await clicker.post("/courier", number="SBX01")
            return await clicker.post(f"/courier/SBX01/{event}", place="Leeds", lang="zh")

    assert run(scenario).header(b"location") == b"/courier/SBX01?lang=zh"
    [heard] = told(upstream, COURIER_SECRET)
    assert upstream.requests[0].target == b"/webhooks/couriers/sandbox"
    assert heard["type"] == f"shipment.{event}"
    assert heard["data"]["tracking_number"] == "SBX01"
    assert heard["data"]["place"] == "Leeds"
    assert "description" not in heard["data"]


@pytest.mark.parametrize(
    ("button", "type_"), [("succeed", "refund.succeeded"), ("fail", "refund.failed")]
)
def test_a_refund_waits_for_a_click(run, upstream, tmp_path, button, type_):
    wanted = {"payment_id": "pay_1", "refund_id": "ref_1", "amount": 500, "currency": "GBP"}
    message = {"type": "refund.requested", "data": wanted | {"reason": "broken"}}

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            first = await clicker.signed("/refunds", PAYMENT_SECRET, message, message_id="a")
            again = await clicker.signed("/refunds", PAYMENT_SECRET, message, message_id="b")
            assert upstream.requests == []
            page = await clicker.get("/refunds")
            await clicker.post(f"/refunds/ref_1/{button}")
            asked = await clicker.signed("/refunds", PAYMENT_SECRET, message, message_id="c")
            return first, again, page, asked

    first, again, page, asked = run(scenario)
    assert (first.status, first.body) == (202, again.body)
    assert json.loads(first.body)["state"] == "sent"
    assert json.loads(asked.body)["state"] == type_.removeprefix("refund.")
    assert page.body.decode().count("ref_1") > 0
    [heard] = told(upstream, PAYMENT_SECRET)
    assert heard["type"] == type_
    assert {name: heard["data"][name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("secret", "moment", "body", "status"),
    [
        (COURIER_SECRET, NOW, {"data": {}}, 401),
        (PAYMENT_SECRET, NOW.replace(year=NOW.year - 1), {"data": {}}, 401),
        (PAYMENT_SECRET, NOW, b"no json", 400),
        (PAYMENT_SECRET, NOW, [1], 400),
        (PAYMENT_SECRET, NOW, {"data": {"refund_id": "ref_1"}}, 400),
        (
            PAYMENT_SECRET,
            NOW,
            {"data": {"refund_id": "r", "payment_id": "p", "amount": -1, "currency": "GBP"}},
            400,
        ),
    ],
)
def test_a_refund_that_souk_did_not_ask_for_is_refused(
    run, upstream, tmp_path, secret, moment, body, status
):
    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            answer = await clicker.signed("/refunds", secret, body, moment=moment)
            return answer, await clicker.get("/refunds")

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


def kept(**found) -> Response:
    return Response(200, [(b"Content-Type", b"application/json")], json.dumps(found).encode())


def a_mail(subject: str, text: str, at: float) -> dict:
    return {"To": ["ada@shop.example"], "Subject": subject, "BodyText": text, "Timestamp": at}


def test_what_was_sent_is_shown_the_newest_first_with_its_links(run, upstream, tmp_path):
    link = "http://127.0.0.1:8000/orders/pur_1?token=a&b=1"
    upstream.answers = [
        kept(messages={"1": [a_mail("Older", "123456", 1.0), a_mail("Newer", f"See {link}", 2.0)]}),
        kept(sms_messages={"+4420": [{"Message": "111111"}, {"Message": "<b>222222"}]}),
    ]

    async def scenario():
        async with opened(upstream, tmp_path) as clicker:
            shown = await clicker.get("/messages?lang=en")
            upstream.answers = [Response(500, [], b"broken")]
            return shown, await clicker.get("/messages?lang=en")

    shown, broken = run(scenario)
    text = shown.body.decode()
    places = [text.index(one) for one in ("&lt;b&gt;222222", "111111", "Newer", "Older", "123456")]
    assert places == sorted(places)
    assert f'href="{escape(link)}"' in text
    assert [one.raw_path for one in upstream.requests[:2]] == [
        b"/_ministack/ses/messages",
        b"/_ministack/sns/sms-messages",
    ]
    assert "The emulator does not answer." in broken.body.decode()


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
