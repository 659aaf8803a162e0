"""The merchant's statements: what is owed, and every entry behind it."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import staff
from chalicelib.contexts.settlement import service
from chalicelib.contexts.settlement.model import Account, Posting, Statement
from chalicelib.kernel.paging import PAGE_SIZE
from chalicelib.web.i18n import N_, PriceView, TimeView, Words
from chalicelib.web.page import Html, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

SHORT_ID_LENGTH = 8

ACCOUNTS = {
    Account.PROVIDER_CLEARING: N_("Payment company"),
    Account.MERCHANT_PAYABLE: N_("Owed to the merchant"),
    Account.COMMISSION: N_("Commission"),
    Account.SHIPPING: N_("Delivery"),
    Account.TAX: N_("Tax"),
    Account.PROMOTIONS: N_("Paid by the platform"),
    Account.REFUNDS: N_("Refunds"),
    Account.POINTS: N_("Points that members have"),
    Account.POINTS_COST: N_("Points given away"),
}
assert set(ACCOUNTS) == set(Account), "every account has its words"

CAUSES = {
    "orders.PurchasePaid": N_("Sale"),
    "payments.PaymentCaptured": N_("Money without an order"),
    "orders.RefundRequested": N_("Refund"),
    "payments.RefundSucceeded": N_("Refund paid out"),
    "payments.RefundFailed": N_("Refund that failed"),
    "members.PointsMoved": N_("Points"),
}


class StatementLink(Struct, frozen=True):
    href: str
    short_id: str
    closed_at: TimeView
    owed: PriceView


class StatementsView(Struct, frozen=True):
    statements: list[StatementLink]
    next_href: str


class PostingView(Struct, frozen=True):
    at: TimeView
    order: str
    order_href: str
    cause: str
    account: str
    amount: PriceView


class StatementView(Struct, frozen=True):
    short_id: str
    closed_at: TimeView
    owed: PriceView
    lines: list[PostingView]


@page(bp, "GET", "/console/statements")
def show_all(visit: Visit) -> Html:
    cursor = visit.query_text.get("cursor", "")
    found = service.statements(staff(visit).actor, limit=PAGE_SIZE, cursor=cursor)
    query = {"cursor": found.next_cursor}
    view = StatementsView(
        statements=[_link(one, visit.words) for one in found.items],
        next_href=with_query("/console/statements", query) if found.next_cursor else "",
    )
    return Html("console/settlement/statements.html", view)


@page(bp, "GET", "/console/statements/{statement}")
def show(visit: Visit, statement: str) -> Html:
    words = visit.words
    found = service.statement(staff(visit).actor, statement)
    view = StatementView(
        short_id=_short(found.id),
        closed_at=words.moment(found.closed_at),
        owed=words.money(found.owed),
        lines=[_posting(one, words) for one in service.statement_lines(found)],
    )
    return Html("console/settlement/statement.html", view)


def _link(statement: Statement, words: Words) -> StatementLink:
    return StatementLink(
        href=f"/console/statements/{statement.id}",
        short_id=_short(statement.id),
        closed_at=words.moment(statement.closed_at),
        owed=words.money(statement.owed),
    )


def _posting(posting: Posting, words: Words) -> PostingView:
    return PostingView(
        at=words.moment(posting.at),
        order=_short(posting.order_id) if posting.order_id else "",
        order_href=f"/console/orders/{posting.order_id}" if posting.order_id else "",
        cause=words.say(CAUSES.get(posting.cause, posting.cause)),
        account=words.say(ACCOUNTS[posting.account]),
        amount=words.money(posting.amount),
    )


def _short(identity: str) -> str:
    """The end of an id, which is enough to tell neighbours apart."""
    return identity[-SHORT_ID_LENGTH:]
