"""A strict payment company: intents, captures, refunds, books, and messages that go astray.

It shares no code with the adapter: it checks signatures itself, honours its caller's ids, refuses to
give back more than it took, and repeats what was not answered on its own schedule.
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.kernel import clock
from chalicelib.providers.http import Answer, ProviderUnavailable
from tests.makers.stage import PAYMENT_SECRET
from tests.simulator.world import HOUR_S, World

RETRY_AFTER_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
KEY = base64.b64decode(PAYMENT_SECRET.removeprefix("whsec_"))
WAYS = {
    "captured": 52,
    "declined, then captured": 9,
    "authorized, then captured": 6,
    "captured late": 9,
    "expired": 4,
    "failed": 4,
    "left": 6,
    "wrong amount": 4,
    "wrong currency": 2,
}
"""What may become of a shopper's visit, and how often."""


@dataclass
class Intent:
    """A payment as the company knows it: captured money by reference, and its last word."""

    id: str
    amount: int
    currency: str
    taken: dict[str, int] = field(default_factory=dict)
    word: tuple[str, dict[str, Any]] | None = None


@dataclass
class Refund:
    """Money that goes back: `sent` until it `succeeded` or `failed`."""

    id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    state: str = "sent"


class Company:
    """Knows intents and refunds, and tells Souk about them."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, Refund] = {}
        self.odd: set[str] = set()
        """References of money that is not what was asked for."""
        self.away_until = 0.0
        self.away_how = "unreachable"
        self.asked: Counter[str] = Counter()
        self._number = 0

    def visit(self, payment: Any) -> str:
        """A shopper opens the page behind a payment's action; what comes of it."""
        intent = self._opened(payment)
        way = self.chance.choices(list(WAYS), list(WAYS.values()))[0]
        soon = self.chance.uniform(5, 600)
        match way:
            case "captured":
                self._later(soon, intent, "capture")
            case "declined, then captured":
                self._later(soon, intent, "fail")
                self._later(soon + self.chance.uniform(30, 900), intent, "capture")
            case "authorized, then captured":
                self._later(soon, intent, "authorize")
                self._later(soon + self.chance.uniform(1, 3_600), intent, "capture")
            case "captured late":
                self._later(self.chance.uniform(1_500, 20 * HOUR_S), intent, "capture")
            case "expired" | "failed":
                self._later(soon, intent, way[:-2] if way == "failed" else "expire")
            case "wrong amount" | "wrong currency":
                self._later(soon, intent, way)
        return way

    def act(self, intent: Intent, what: str) -> str:
        """Let something happen to an intent, and tell Souk."""
        match what:
            case "capture" if not intent.taken:
                self._take(intent, intent.amount, intent.currency)
            case "capture again":
                # Asking tells of one capture alone, so of two both are told until they are heard.
                self.world.count("double capture")
                if intent.word:
                    self.tell(*intent.word)
                self._take(intent, intent.amount, intent.currency)
            case "wrong amount":
                self.world.count("wrong amount")
                self._take(intent, intent.amount + 1, intent.currency)
            case "wrong currency":
                self.world.count("wrong currency")
                self._take(intent, intent.amount, "EUR")
            case "dispute":
                self._dispute(intent)
            case "fail" | "expire" | "authorize" if not intent.taken:
                self._say_no(intent, what)
        return what

    def go_away(self) -> str:
        """Be unreachable, broken or senseless for an hour."""
        self.away_how = self.chance.choice(("unreachable", "500", "garbage"))
        self.away_until = clock.now().timestamp() + HOUR_S
        self.world.count(f"company {self.away_how} for an hour")
        return self.away_how

    def tell_of_strangers(self) -> str:
        """Speak of a payment that nobody made: 404, and nothing written."""
        self.world.count("unknown payment")
        data = {"payment_id": "pay_01JNAAAAAAAAAAAAAAAAAAAAAA_1", "provider_reference": "ch_x"}
        kind, money = "payment.captured", {"amount": 100, "currency": "GBP"}
        self._send(kind, {**data, **money}, self._message_id(), expects=404)
        return kind

    def call(self, method: str, url: str, *, headers: Any, body: bytes | None = None) -> Answer:
        """Take the place of `chalicelib.providers.http.call`."""
        assert _is_signed(headers, body or b""), "Souk calls without a true signature"
        path = urlsplit(url).path
        if clock.now().timestamp() < self.away_until and not self.world.is_closing:
            if self.away_how == "garbage":
                return Answer(200, b"<html>maintenance</html>")
            raise ProviderUnavailable(self.away_how)
        if method == "GET":
            return self._standing(path.rpartition("/")[2])
        assert (method, path) == ("POST", "/refunds"), path
        answer = self._refund(headers["webhook-id"], json.loads(body or b"")["data"])
        if not self.world.is_closing and self.chance.random() < 0.05:
            self.world.count("company's answer lost")
            raise ProviderUnavailable("the answer was lost")
        return answer

    def _opened(self, payment: Any) -> Intent:
        """Check the link as the company's page does: it says what is to be paid, signed."""
        parts = urlsplit(payment["action"]["url"])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        payment_id = parts.path.rpartition("/")[2]
        said = (payment_id, query["amount"], query["currency"], query["return_url"])
        true = hmac.new(KEY, "|".join(said).encode(), hashlib.sha256).hexdigest()
        assert hmac.compare_digest(true, query["signature"]), "a link with a false signature"
        intent = Intent(payment_id, int(query["amount"]), query["currency"])
        return self.intents.setdefault(payment_id, intent)

    def _take(self, intent: Intent, amount: int, currency: str) -> None:
        reference = f"ch_{intent.id[-8:]}_{len(intent.taken) + 1}"
        is_odd = (amount, currency) != (intent.amount, intent.currency)
        if is_odd:
            self.odd.add(reference)
        is_first = not intent.taken
        intent.taken[reference] = amount
        data = {
            "payment_id": intent.id,
            "provider_reference": reference,
            "amount": amount,
            "currency": currency,
        }
        if is_first:
            intent.word = ("payment.captured", data)
        # What cannot be learned by asking is told until it is heard.
        self.tell("payment.captured", data, may_drop=is_first and not is_odd)
        if is_first and not is_odd and not self.world.is_closing:
            if self.chance.random() < 0.06:
                self._later(self.chance.uniform(10, 7_200), intent, "capture again")
            if self.chance.random() < 0.05:
                self._later(self.chance.uniform(HOUR_S, 60 * HOUR_S), intent, "dispute")

    def _say_no(self, intent: Intent, what: str) -> None:
        kind = {"fail": "failed", "expire": "expired", "authorize": "authorized"}[what]
        data: dict[str, Any] = {"payment_id": intent.id}
        if what == "authorize":
            data |= {"amount": intent.amount, "currency": intent.currency}
            data["provider_reference"] = f"auth_{intent.id[-8:]}"
        else:
            intent.word = (f"payment.{kind}", data)
        self.tell(f"payment.{kind}", data, may_drop=True)

    def _dispute(self, intent: Intent) -> None:
        self.world.count("chargeback")
        reference, amount = next(iter(intent.taken.items()))
        data = {
            "payment_id": intent.id,
            "provider_reference": reference,
            "amount": amount,
            "currency": intent.currency,
            "reason": "not_received",
        }
        self.tell("chargeback.opened", data)

    def _standing(self, payment_id: str) -> Answer:
        self.asked[payment_id] += 1
        intent = self.intents.get(payment_id)
        if intent is None or intent.word is None:
            return Answer(404, b"{}")
        kind, data = intent.word
        return Answer(200, json.dumps({"type": kind, "data": data}).encode())

    def _refund(self, key: str, wanted: dict[str, Any]) -> Answer:
        """The refund's id is the key: the same is the same refund, and never other money."""
        assert key == wanted["refund_id"], "the key is the refund's id"
        self.asked[key] += 1
        known = self.refunds.get(key)
        if known is None:
            known = self._new_refund(wanted)
        same = (known.payment_id, known.reference, known.amount)
        asked = (wanted["payment_id"], wanted["provider_reference"], wanted["amount"])
        assert same == asked, f"{key} was another refund before: {same}, now {asked}"
        said = {"refund_id": known.id, "state": known.state, "reason": "account_closed"}
        return Answer(202, json.dumps(said).encode())

    def _new_refund(self, wanted: dict[str, Any]) -> Refund:
        intent = self.intents[wanted["payment_id"]]
        reference, amount = wanted["provider_reference"], wanted["amount"]
        given = sum(
            one.amount
            for one in self.refunds.values()
            if one.reference == reference and one.state != "failed"
        )
        taken = intent.taken.get(reference, 0)
        assert given + amount <= taken, f"{wanted['refund_id']} gives back more than was taken"
        made = Refund(wanted["refund_id"], intent.id, reference, amount, wanted["currency"])
        self.refunds[made.id] = made
        self.world.later(
            self.chance.uniform(30, 10 * HOUR_S),
            "company",
            f"ends {made.id[-6:]}",
            lambda: self._end_refund(made),
        )
        return made

    def _end_refund(self, refund: Refund) -> str:
        fails = self.chance.random() < 0.15
        refund.state = "failed" if fails else "succeeded"
        if fails:
            self.world.count("refund failed")
        data = {
            "payment_id": refund.payment_id,
            "provider_reference": refund.reference,
            "refund_id": refund.id,
            "amount": refund.amount,
            "currency": refund.currency,
            "reason": "account_closed" if fails else "",
        }
        self.tell(f"refund.{refund.state}", data, may_drop=True)
        return refund.state

    def tell(self, kind: str, data: dict[str, Any], *, may_drop: bool = False) -> None:
        """Send a message: soon, late, twice or, where asking finds out, never."""
        drawn = self.chance.random()
        number = self._message_id()
        if self.world.is_closing:
            drawn = 0.9
        if may_drop and drawn < 0.12:
            self.world.count("callback dropped")
            return
        delay_s = self.chance.uniform(0, 20)
        if drawn < 0.24:
            self.world.count("callback delayed")
            delay_s = self.chance.uniform(600, 70 * HOUR_S)
        if 0.24 <= drawn < 0.34:
            self.world.count("callback repeated")
            self._send(kind, data, number, after_s=self.chance.uniform(0, 40_000))
        self._send(kind, data, number, after_s=delay_s)

    def _send(
        self,
        kind: str,
        data: dict[str, Any],
        number: str,
        *,
        expects: int = 200,
        attempt: int = 0,
        after_s: float = 1,
    ) -> None:
        def deliver() -> str:
            reply = self.world.ask(lambda: self.world.shop.company(kind, data, event_id=number))
            is_lost = not self.world.is_calm and self.chance.random() < 0.05
            if is_lost:
                self.world.count("callback's answer lost")
            if is_lost or reply is None or reply.status >= 500:
                # After the last wait the company would give up; this one is not that forgetful.
                wait_s = RETRY_AFTER_S[min(attempt, len(RETRY_AFTER_S) - 1)]
                self._send(kind, data, number, expects=expects, attempt=attempt + 1, after_s=wait_s)
            else:
                assert reply.status == expects, f"{kind} was answered {reply.text}"
            return self.world.said(reply)

        what = f"{number} {kind} {data['payment_id'][-8:]}"
        self.world.later(after_s, "company", what, deliver)

    def _later(self, delay_s: float, intent: Intent, what: str) -> None:
        self.world.later(
            delay_s, "company", f"{what} {intent.id[-8:]}", lambda: self.act(intent, what)
        )

    def _message_id(self) -> str:
        self._number += 1
        return f"msg_{self._number}"


def _is_signed(headers: Any, body: bytes) -> bool:
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    true = base64.b64encode(hmac.new(KEY, said, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{true}")
