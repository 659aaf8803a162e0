"""Mails: in the shopper's language, with both parts, sent once."""

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from msgspec.structs import replace

from chalicelib.contexts.aftersales.facts import HelpGiven
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.notifications.model import Message
from chalicelib.contexts.notifications.workers import LETTERS, notifications_on_fact
from chalicelib.contexts.orders.facts import (
    OrderDelivered,
    OrderPartlyShipped,
    OrderShipped,
    PlacedLine,
    PlacedOrder,
    PurchasePlaced,
    SentLine,
)
from chalicelib.contexts.orders.model.savings import Saved, Sums
from chalicelib.providers.messaging.ses import Ses
from tests.makers.events import sqs_event
from tests.makers.money_facts import (
    AT,
    ULID,
    a_paid_order,
    a_paid_purchase,
    a_refund_outcome,
    a_refund_request,
    gbp,
)
from tests.makers.people import PASSWORD

NAMES = {"en": "Blue Teapot", "zh-CN": "蓝茶壶"}
OF_PURCHASE = {
    "occurred_at": AT,
    "purchase_id": f"pur_{ULID}",
    "email": "ada@shopper.example",
    "locale": "en",
}
OF_ORDER = OF_PURCHASE | {
    "order_id": f"ord_{ULID}_1",
    "merchant_id": "mer_1",
    "merchant_name": NAMES,
}
SENT = OF_ORDER | {
    "shipment_id": "shp_1",
    "courier": "sandbox",
    "tracking_number": "SBX1",
    "tracking_url": "http://127.0.0.1:8002/courier/SBX1",
    "lines": (SentLine("m1.TEE", "Tee <b>", 1),),
}


def a_placed_purchase(**overrides: object) -> PurchasePlaced:
    line = PlacedLine("m1.TEE", "Tee <b>", 2, gbp(500), gbp(1000))
    order = PlacedOrder(f"ord_{ULID}_1", "mer_1", NAMES, (line,), gbp(1300))
    fields = OF_PURCHASE | {
        "id": "01JNPLACED0000000000000000",
        "member_id": "",
        "total": gbp(1300),
        "expires_at": AT,
        "orders": (order,),
    }
    return PurchasePlaced(**fields | overrides)


def facts() -> dict[str, object]:
    refund = a_refund_request(a_paid_order())
    return {
        "received": a_placed_purchase(),
        "paid": a_paid_purchase(),
        "partly": OrderPartlyShipped(id="01JNPARTLY", **SENT),
        "shipped": OrderShipped(id="01JNSHIPPED", **SENT),
        "delivered": OrderDelivered(id="01JNDELIVERED", **OF_ORDER),
        "refunded": a_refund_outcome(refund, succeeded=True),
    }


def sent() -> list:
    return ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sent_messages


def tell(*told: object) -> dict:
    return notifications_on_fact(sqs_event(*told), None)


@pytest.mark.usefixtures("stage")
class TestMails:
    @pytest.mark.parametrize("locale", ["en", "zh-CN"])
    @pytest.mark.parametrize("name", list(facts()))
    def test_every_fact_has_its_mail_in_every_language(self, name, locale, monkeypatch) -> None:
        mails = []
        monkeypatch.setattr(Ses, "send", lambda _self, mail: mails.append(mail) or "id")
        fact = facts()[name]
        if hasattr(fact, "refund"):
            fact = replace(fact, refund=replace(fact.refund, locale=locale))
        else:
            fact = replace(fact, locale=locale)
        assert tell(fact) == {"batchItemFailures": []}
        [mail] = mails
        assert mail.to == "ada@shopper.example"
        assert "\n" not in mail.subject
        for body in (mail.text, mail.html):
            assert f"/orders/pur_{ULID}?token=" in body
        assert "Tee <b>" not in mail.html
        assert f'<html lang="{locale}">' in mail.html
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in mail.subject)
        assert chinese is (locale == "zh-CN")

    def test_it_names_what_was_saved(self, monkeypatch) -> None:
        mails = []
        monkeypatch.setattr(Ses, "send", lambda _self, mail: mails.append(mail) or "id")
        saved = Saved({"en": "Spring <sale>", "zh-CN": "春季特惠"}, gbp(250))
        tell(a_placed_purchase(savings=(saved,)))
        tell(replace(a_paid_purchase(), locale="zh-CN", savings=(saved,)))
        assert "What you saved\n- Spring <sale>  £2.50\n" in mails[0].text
        assert "Spring &lt;sale&gt;" in mails[0].html
        assert "- 春季特惠  £2.50\n" in mails[1].text

    def test_it_says_what_delivery_and_taxes_are(self, monkeypatch) -> None:
        mails = []
        monkeypatch.setattr(Ses, "send", lambda _self, mail: mails.append(mail) or "id")
        tell(a_placed_purchase(sums=Sums(gbp(400), gbp(260), gbp(0))))
        tell(replace(a_paid_purchase(), locale="zh-CN", sums=Sums(gbp(0), gbp(0), gbp(167))))
        assert "Delivery: £4.00\nTax: £2.60\nTotal: £13.00\n" in mails[0].text
        assert "Tax in it" not in mails[0].html
        assert "Tax £2.60" in mails[0].html
        assert "£1.67" in mails[1].html
        assert mails[1].text.index("£1.67") > mails[1].text.index("£0.00")

    def test_goes_through_ses_with_both_parts(self) -> None:
        tell(a_placed_purchase())
        [message] = sent()
        assert message.destinations["ToAddresses"] == ["ada@shopper.example"]
        assert message.source == "shop@souk.example"

    def test_a_repeated_fact_sends_nothing(self) -> None:
        for _ in range(3):
            assert tell(a_placed_purchase(), a_placed_purchase()) == {"batchItemFailures": []}
        assert len(sent()) == 1

    def test_a_refused_mail_is_tried_again(self, monkeypatch) -> None:
        def refuse(_self, _mail):
            raise ConnectionError("SES is away")

        with monkeypatch.context() as away:
            away.setattr(Ses, "send", refuse)
            assert len(tell(a_placed_purchase())["batchItemFailures"]) == 1
        tell(a_placed_purchase())
        assert len(sent()) == 1

    def test_one_failure_leaves_its_neighbours_alone(self, monkeypatch) -> None:
        send = Ses.send

        def choosy(self, mail):
            if mail.to.startswith("bad"):
                raise ConnectionError("no")
            return send(self, mail)

        monkeypatch.setattr(Ses, "send", choosy)
        bad = a_placed_purchase(id="01JNBAD", email="bad@shopper.example")
        answer = tell(bad, a_placed_purchase())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
        assert len(sent()) == 1


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("locale", "names", "said"),
    [
        ("en", NAMES, "Blue Teapot has answered you"),
        ("zh-CN", NAMES, "\u84dd\u8336\u58f6 \u56de\u590d\u4e86\u60a8"),
        ("en", {}, "Souk has answered you"),
    ],
)
def test_an_answer_is_told_to_its_member_once(locale, names, said) -> None:
    ada = identity.register(email="ada@shopper.example", password=PASSWORD, locale=locale)[0]
    told = HelpGiven(
        id="01JNHELPED",
        occurred_at=AT,
        case_id="cas_1",
        member_id=ada.id,
        merchant_id="mer_1" if names else "",
        message_id="msg_1",
        merchant_name=names,
    )
    for _ in range(2):
        assert tell(told) == {"batchItemFailures": []}
    [message] = sent()
    assert message.subject == said
    assert "/account/support/cas_1" in message.body
    phone = identity.register(phone="+447700900123", password=PASSWORD)[0]
    for member_id in (phone.id, "acc_gone"):
        assert tell(replace(told, id="01JNOTHER", member_id=member_id)) == {"batchItemFailures": []}
    assert len(sent()) == 1


def test_every_message_has_a_fact() -> None:
    messages = {LETTERS[type(fact)](fact).message for fact in facts().values()}
    assert messages | {Message.CODE, Message.HELP} == set(Message)
