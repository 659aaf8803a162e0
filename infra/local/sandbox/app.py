"""The sandbox's address: pages to click for people, two calls for Souk."""

import time
from collections.abc import Awaitable, Callable

from infra.local.door.server import Request, Response
from infra.local.door.upstream import Upstream
from infra.local.sandbox import pages
from infra.local.sandbox.call import Call, problem
from infra.local.sandbox.callbacks import Callbacks
from infra.local.sandbox.courier import Courier
from infra.local.sandbox.messages import Messages
from infra.local.sandbox.payments import PaymentCompany
from infra.local.sandbox.store import Store

BODY_BYTES_MAX = 64 * 1024

Answerer = Callable[[Call], Awaitable[Response | None]]


class Sandbox:
    """A payment company and a courier at one address, and what was mailed."""

    def __init__(
        self,
        store: Store,
        callbacks: Callbacks,
        *,
        payment_secret: str,
        courier_secret: str,
        emulator: Upstream,
        now: Callable[[], float] = time.time,
    ) -> None:
        company = PaymentCompany(store, callbacks, payment_secret, now)
        courier = Courier(store, callbacks, courier_secret, now)
        self._answerers: dict[tuple[str, str, int], Answerer] = {
            ("GET", "", 1): company.home,
            ("GET", "sandbox.css", 1): _style,
            ("GET", "messages", 1): Messages(emulator).page,
            ("GET", "pay", 2): company.pay_page,
            ("POST", "pay", 3): company.act_on_payment,
            ("GET", "refunds", 1): company.refunds_page,
            ("POST", "refunds", 1): company.take_refund,
            ("POST", "refunds", 3): company.act_on_refund,
            ("GET", "payments", 2): company.standing,
            ("GET", "track", 2): courier.track,
            ("GET", "courier", 1): courier.home,
            ("POST", "courier", 1): courier.look_up,
            ("GET", "courier", 2): courier.shipment_page,
            ("POST", "courier", 3): courier.act_on_shipment,
        }

    async def answer(self, request: Request) -> Response:
        """Answer one request; what nobody knows is a page that says so."""
        if request.is_too_large:
            return problem(413, "sandbox.too_large", "the request is too large")
        call = Call.of(request)
        answerer = self._answerers.get((call.method, call.parts[0], len(call.parts)))
        response = await answerer(call) if answerer else None
        return response or call.lost("not_found", 404)


async def _style(call: Call) -> Response:
    del call
    return pages.style()
