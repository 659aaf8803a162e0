"""The sandbox payment company: the page a shopper is sent to, and refunds."""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from infra.local.door.server import Response
from infra.local.sandbox import signing
from infra.local.sandbox.call import Call, answer, problem, see_other
from infra.local.sandbox.callbacks import PAYMENTS_PATH, Callbacks, Line
from infra.local.sandbox.store import Record, Store

PAYMENT_ACTS = {
    "approve": ("payment.captured", None),
    "decline": ("payment.failed", "card_declined"),
    "expire": ("payment.expired", None),
    "approve-late": ("payment.captured", None),
    "dispute": ("chargeback.opened", "not_received"),
}
STANDINGS = {"payment.captured", "payment.failed", "payment.expired"}
"""Words about the payment itself. Money that was taken stays taken, whatever was clicked later."""
REFUND_STANDINGS = {"refund.succeeded": "succeeded", "refund.failed": "failed"}
REFUND_ACTS = {"succeed": ("refund.succeeded", None), "fail": ("refund.failed", "account_closed")}
AMOUNT = re.compile(r"[0-9]{1,12}")
CURRENCY = re.compile(r"[A-Z]{3}")
PARTS_TOLD = ("provider_reference", "amount", "currency")


class PaymentCompany:
    """Takes payments and gives refunds when somebody clicks."""

    def __init__(
        self, store: Store, callbacks: Callbacks, secret: str, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._callbacks = callbacks
        self._line = Line(PAYMENTS_PATH, secret)
        self._now = now

    async def home(self, call: Call) -> Response:
        """All payments that were started."""
        return call.page("home", payments=self._store.latest("payment"))

    async def pay_page(self, call: Call) -> Response | None:
        """The page of one payment; the shop's link to it is signed."""
        payment_id = call.parts[1]
        if "signature" in call.query:
            if not self._is_link_true(payment_id, call.query):
                return call.lost("bad_link", 403)
            self._note_payment(payment_id, call.query)
        payment = self._store.find("payment", payment_id)
        return call.page("pay", payment=payment) if payment else None

    async def act_on_payment(self, call: Call) -> Response | None:
        """A button of the pay page: tell Souk, then send the shopper back to the shop."""
        payment = self._store.find("payment", call.parts[1])
        act, here = call.parts[2], f"/pay/{quote(call.parts[1], safe='')}"
        if payment is None or act not in {*PAYMENT_ACTS, "again"}:
            return None
        if act == "again":
            return await self._again(call, payment, here)
        type_, reason = PAYMENT_ACTS[act]
        data = {"payment_id": payment.id} | {name: payment.facts[name] for name in PARTS_TOLD}
        sent = await self._callbacks.send(self._line, payment, type_, _with(data, reason))
        if sent.is_delivered and act != "dispute":
            return see_other(payment.facts["return_url"])
        return call.back(here)

    async def standing(self, call: Call) -> Response:
        """Souk asks about a payment: the last word on it; 404 where nobody has clicked."""
        try:
            signing.verify(self._line.secret, call.headers, call.body, int(self._now()))
        except signing.BadSignature as refusal:
            return problem(401, "sandbox.bad_signature", str(refusal))
        payment = self._store.find("payment", call.parts[1])
        said = [one for one in payment.sent if one.type in STANDINGS] if payment else []
        if not said:
            return problem(404, "sandbox.unknown", "nobody has clicked for this payment")
        taken = [one for one in said if one.type == "payment.captured"]
        return answer(200, json.loads((taken or said)[-1].body))

    async def refunds_page(self, call: Call) -> Response:
        """All refunds that Souk asked for."""
        return call.page("refunds", refunds=self._store.latest("refund"))

    async def take_refund(self, call: Call) -> Response:
        """Souk asks for a refund, or asks again how it stands; it waits here until somebody clicks."""
        try:
            wanted = call.signed_data(self._line.secret, self._now())
        except signing.BadSignature as refusal:
            return problem(401, "sandbox.bad_signature", str(refusal))
        except ValueError as refusal:
            return problem(400, "sandbox.malformed", str(refusal))
        if not _is_refund(wanted):
            return problem(400, "sandbox.malformed", "a refund has ids, an amount and a currency")
        refund = self._store.find("refund", wanted["refund_id"])
        if refund is None:
            facts = {name: wanted[name] for name in ("payment_id", "amount", "currency")}
            facts["provider_reference"] = f"sbxref_{secrets.token_hex(8)}"
            refund = Record("refund", wanted["refund_id"], facts)
            self._store.save(refund)
        return answer(202, _refund_standing(refund))

    async def act_on_refund(self, call: Call) -> Response | None:
        """A button of the refunds page."""
        refund, act = self._store.find("refund", call.parts[1]), call.parts[2]
        if refund is None or act not in {*REFUND_ACTS, "again"}:
            return None
        if act == "again":
            return await self._again(call, refund, "/refunds")
        type_, reason = REFUND_ACTS[act]
        data = _with({"refund_id": refund.id, **refund.facts}, reason)
        await self._callbacks.send(self._line, refund, type_, data)
        return call.back("/refunds")

    async def _again(self, call: Call, record: Record, here: str) -> Response | None:
        message_id = call.form.get("message", "")
        sent = await self._callbacks.send_again(self._line, record, message_id)
        return call.back(here) if sent else None

    def _is_link_true(self, payment_id: str, query: dict[str, str]) -> bool:
        amount, currency = query.get("amount", ""), query.get("currency", "")
        expected = signing.link_signature(
            self._line.secret, payment_id, amount, currency, query.get("return_url", "")
        )
        is_signed = secrets.compare_digest(query["signature"].encode(), expected.encode())
        return is_signed and bool(AMOUNT.fullmatch(amount) and CURRENCY.fullmatch(currency))

    def _note_payment(self, payment_id: str, query: dict[str, str]) -> None:
        payment = self._store.find("payment", payment_id) or Record(
            "payment", payment_id, {"provider_reference": f"sbxpay_{secrets.token_hex(8)}"}
        )
        payment.facts |= {
            "amount": int(query["amount"]),
            "currency": query["currency"],
            "return_url": query.get("return_url", ""),
        }
        self._store.save(payment)


def _refund_standing(refund: Record) -> dict[str, Any]:
    """The last word on a refund; `sent` where nobody has clicked."""
    said = [one for one in refund.sent if one.type in REFUND_STANDINGS]
    told = {"refund_id": refund.id, "provider_reference": refund.facts["provider_reference"]}
    if not said:
        return told | {"state": "sent"}
    reason = json.loads(said[-1].body)["data"].get("reason", "")
    return told | {"state": REFUND_STANDINGS[said[-1].type], "reason": reason}


def _with(data: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return data | {"reason": reason} if reason else data


def _is_refund(wanted: dict[str, Any]) -> bool:
    amount = wanted.get("amount")
    texts = [wanted.get(name) for name in ("payment_id", "refund_id", "currency")]
    is_amount = isinstance(amount, int) and not isinstance(amount, bool) and amount > 0
    return is_amount and all(isinstance(text, str) and text for text in texts)
