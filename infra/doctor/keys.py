"""Rows: each can be read, lies where its own words say, and belongs to one merchant throughout."""

from collections.abc import Iterator

from chalicelib.contexts.identity.store.passkeys import passkey_key
from chalicelib.contexts.members.facts import MemberFact
from chalicelib.contexts.orders.model.values import order_id
from chalicelib.contexts.settlement.model import StatementState
from chalicelib.kernel import clock
from infra.doctor.journal import merchant_of
from infra.doctor.registry import Found, invariant
from infra.doctor.rows import Row
from infra.doctor.whole import Whole


@invariant("rows.can_be_read")
def can_be_read(whole: Whole) -> Found:
    """Every row is what the code that writes such rows writes; numbers are whole."""
    whole.read_all()
    yield from whole.broken


@invariant("rows.lie_where_they_say")
def lie_where_they_say(whole: Whole) -> Found:
    """A row's key is made of the ids inside it."""
    for row, pk, sk in _placed(whole):
        if (row.pk, row.sk) != (pk, sk):
            yield row.place, f"by what is in it, it belongs to {pk} / {sk}"


@invariant("keys.order_is_its_merchants")
def order_is_its_merchants(whole: Whole) -> Found:
    """An order is in the lists of its merchant alone, and has goods of that merchant alone."""
    owners = _owners(whole)
    for row in whole.of_kind("orders", "ORDER"):
        order, merchant = row.order, row.order.merchant
        lists = (f"MERCHANT#{merchant.id}", f"MERCHANT#{merchant.id}#{order.state}")
        if (row.owner, row.state_owner) != lists:
            yield (
                order.id,
                f"it is {merchant.id}'s, and in the lists {row.owner}, {row.state_owner}",
            )
        if owners.get(merchant.code) != merchant.id:
            yield order.id, f"the code {merchant.code} is not {merchant.id}'s"
        for line in order.lines:
            if _code(line.sku) != merchant.code:
                yield order.id, f"it is of {merchant.code} and has {line.sku}"
    for row in whole.of_kind("orders", "PURCHASE"):
        member_id = row.purchase.member_id
        owner = f"MEMBER#{member_id}" if member_id else None
        if row.owner != owner:
            yield row.purchase.id, f"it is in the list {row.owner} instead of {owner}"


@invariant("keys.stock_is_its_merchants")
def stock_is_its_merchants(whole: Whole) -> Found:
    """Stock belongs to the merchant whose code its sku begins with, and is in that one's list."""
    owners = _owners(whole)
    listed = {(row.subject, row.sku) for row in whole.of_kind("inventory", "ENTRY")}
    for row in whole.of_kind("inventory", "STOCK"):
        if owners.get(_code(row.sku)) != row.merchant_id:
            yield row.sku, f"it is kept as {row.merchant_id}'s, whose code it does not have"
        if (row.merchant_id, row.sku) not in listed:
            yield row.sku, f"it is not in the list of {row.merchant_id}"
    for merchant_id, sku in sorted(listed):
        if owners.get(_code(sku)) != merchant_id:
            yield sku, f"it is in the list of {merchant_id}"


@invariant("keys.product_is_its_merchants")
def product_is_its_merchants(whole: Whole) -> Found:
    """A product, its lists and its variants belong to one merchant."""
    owners, products = _owners(whole), {}
    for row in whole.of_kind("catalog", "PRODUCT"):
        product = row.document
        products[product.id] = product
        owner = None if product.is_removed else f"MERCHANT#{product.merchant_id}"
        lists = (owner, owner and f"{owner}#{product.state}")
        if (row.merchant_id, row.owner, row.state_owner) != (product.merchant_id, *lists):
            yield product.id, f"it is {product.merchant_id}'s, and in the list {row.owner}"
        if owners.get(product.merchant_code) != product.merchant_id:
            yield product.id, f"the code {product.merchant_code} is not {product.merchant_id}'s"
        for variant in product.content.variants:
            if _code(variant.sku) != product.merchant_code:
                yield product.id, f"it is of {product.merchant_code} and has {variant.sku}"
    for row in whole.of_kind("catalog", "SKU"):
        copy, product = row.document, products.get(row.product_id)
        if owners.get(_code(copy.sku)) != copy.merchant_id:
            yield copy.sku, f"its copy names {copy.merchant_id}, whose code it does not have"
        elif product is not None and product.merchant_id != copy.merchant_id:
            yield copy.sku, f"its copy is of {product.id}, which is {product.merchant_id}'s"


@invariant("keys.shipment_is_its_merchants")
def shipment_is_its_merchants(whole: Whole) -> Found:
    """A shipment is of the merchant and purchase of its order, and in that order's list."""
    for row in whole.of_kind("shipping", "SHIPMENT"):
        order = whole.orders.get(row.order_id)
        if order is None:
            yield row.subject, f"there is no order {row.order_id}"
        elif (row.merchant_id, row.purchase_id) != (order.merchant.id, order.purchase_id):
            yield (
                row.subject,
                f"it is kept as {row.merchant_id}'s, its order is {order.merchant.id}'s",
            )
        if row.owner != f"ORDER#{row.order_id}":
            yield row.subject, f"it is of {row.order_id} and in the list {row.owner}"


@invariant("keys.refund_is_its_merchants")
def refund_is_its_merchants(whole: Whole) -> Found:
    """A refund is of the merchant, purchase and goods of its order."""
    for refund in whole.refunds.values():
        order = whole.orders.get(refund.order_id)
        if not refund.order_id:
            if refund.merchant_id:
                yield refund.id, f"no order took its money, and it is {refund.merchant_id}'s"
        elif order is None:
            yield refund.id, f"there is no order {refund.order_id}"
        else:
            if (refund.merchant_id, refund.purchase_id) != (order.merchant.id, order.purchase_id):
                yield refund.id, f"it is {refund.merchant_id}'s, its order is {order.merchant.id}'s"
            foreign = {line.sku for line in refund.lines} - {line.sku for line in order.lines}
            if foreign:
                yield refund.id, f"it has {', '.join(sorted(foreign))}, which its order has not"


@invariant("keys.journal_is_its_merchants")
def journal_is_its_merchants(whole: Whole) -> Found:
    """An entry is in the ledger, the waiting list and the statement of its order's merchant."""
    for row in whole.of_kind("settlement", "STATEMENT"):
        owner = None if row.state == StatementState.OPEN else f"STATEMENTS#{row.merchant_id}"
        if row.owner != owner:
            yield row.subject, f"it is {row.merchant_id}'s and in the list {row.owner}"
    for entry in whole.entries.values():
        merchant_id = merchant_of(whole, entry)
        if entry.owners != {f"LEDGER#{merchant_id}"}:
            ledgers = ", ".join(sorted(entry.owners))
            yield entry.id, f"it is {merchant_id or 'nobody'}'s, and in the ledgers {ledgers}"
    for row in whole.of_kind("settlement", "OPEN"):
        own = f"OPEN#{row.entry.merchant_id}#{row.entry.currency}"
        if row.pk != own or not _is_of_order(whole, row):
            yield row.entry.id, f"it is {row.entry.merchant_id}'s and waits in {row.pk}"
    for row in whole.of_kind("settlement", "LINE"):
        statement = whole.statements.get(row.subject)
        is_own = statement is None or statement.merchant_id == row.entry.merchant_id
        if not is_own or not _is_of_order(whole, row):
            yield row.entry.id, f"it is {row.entry.merchant_id}'s and in another's {row.subject}"


@invariant("keys.fact_is_its_merchants")
def fact_is_its_merchants(whole: Whole) -> Found:
    """A fact about an order names that order's merchant and purchase."""
    for fact in whole.facts.values():
        about, merchant_id = getattr(fact, "order_id", ""), getattr(fact, "merchant_id", "")
        order = whole.orders.get(about) if about else None
        if about and order is None:
            yield fact.id, f"{fact.name} is about {about}, which there is not"
        elif isinstance(fact, MemberFact):
            continue  # it is the member's, whatever order it comes from
        elif order is not None and merchant_id != order.merchant.id:
            yield fact.id, f"{fact.name} names {merchant_id}; {about} is {order.merchant.id}'s"
        elif order is not None and fact.aggregate != order.purchase_id:
            yield fact.id, f"{fact.name} of {about} is told as {fact.aggregate}'s"


@invariant("keys.api_key_opens_its_merchant")
def api_key_opens_its_merchant(whole: Whole) -> Found:
    """An API key opens the merchant in whose console it is listed; a session that of its account."""
    entries = {row.token_hash: row for row in whole.of_kind("identity", "KEY_ENTRY")}
    for row in whole.of_kind("identity", "KEY"):
        entry = entries.pop(row.subject, None)
        if entry is None or entry.subject != row.merchant_id:
            listed = entry.subject if entry else "nobody"
            yield row.key_id, f"it opens {row.merchant_id}, and {listed} has it in its console"
    for entry in entries.values():
        yield entry.key_id, f"{entry.subject} has it in its console, and it opens nothing"
    accounts = {row.subject: row.merchant_id for row in whole.of_kind("identity", "ACCOUNT")}
    for row in whole.of_kind("identity", "SESSION"):
        if accounts.get(row.account_id, "") != row.merchant_id:
            yield row.account_id, f"a session of it opens {row.merchant_id}"


@invariant("keys.session_is_listed")
def session_is_listed(whole: Whole) -> Found:
    """A sign-in that is good is in its account's list, and what is listed is good."""
    now = clock.epoch(whole.now)
    sessions = {
        row.subject: row for row in whole.of_kind("identity", "SESSION") if row.expires_at > now
    }
    listed = {
        row.token_hash: row.subject
        for row in whole.of_kind("identity", "SESSION_ENTRY")
        if row.expires_at > now
    }
    for hashed, row in sessions.items():
        if listed.get(hashed) != row.account_id:
            yield (
                row.account_id,
                f"a session of it is in the list of {listed.get(hashed, 'nobody')}",
            )
    for hashed, account_id in listed.items():
        if hashed not in sessions:
            yield account_id, "a session in its list is over"


@invariant("keys.credential_is_an_accounts")
def credential_is_an_accounts(whole: Whole) -> Found:
    """A password, a passkey, a second factor or a recovery code is of an account that is there."""
    accounts = {row.subject for row in whole.of_kind("identity", "ACCOUNT")}
    for kind in ("CREDENTIAL", "PASSKEY_ENTRY", "TOTP", "RECOVERY"):
        for row in whole.of_kind("identity", kind):
            if row.subject not in accounts:
                yield row.subject, f"there is a {kind.lower()} of it, and no such account"


@invariant("keys.passkey_opens_its_account")
def passkey_opens_its_account(whole: Whole) -> Found:
    """A passkey opens the account in which it is listed, and what is listed opens it."""
    opened = {row.pk: row.account_id for row in whole.of_kind("identity", "PASSKEY")}
    for row in whole.of_kind("identity", "PASSKEY_ENTRY"):
        place = passkey_key(row.credential_id).pk
        if opened.pop(place, "") != row.subject:
            yield row.subject, f"{row.sk} is in its list and does not open it"
    for place, account_id in opened.items():
        yield account_id, f"{place} opens it and is not in its list"


@invariant("keys.merchant_has_its_code")
def merchant_has_its_code(whole: Whole) -> Found:
    """A code belongs to one merchant, and that merchant has it; reviewers find it by its state."""
    for row in whole.of_kind("merchants", "MERCHANT"):
        if row.state_owner != f"STATE#{row.state}":
            yield row.subject, f"it is {row.state}, and in the list {row.state_owner}"
    owners = _owners(whole)
    codes = {row.subject: row.code for row in whole.of_kind("merchants", "MERCHANT")}
    for merchant_id, code in codes.items():
        if owners.get(code) != merchant_id:
            yield merchant_id, f"its code {code} is {owners.get(code) or 'nobody'}'s"
    for code, merchant_id in owners.items():
        if codes.get(merchant_id) != code:
            yield merchant_id, f"the code {code} leads to it"


@invariant("idempotency.answer_is_of_its_subject")
def answer_is_of_its_subject(whole: Whole) -> Found:
    """A stored answer is of a success, about what its request made, which is there."""
    rooms = {
        "pur": whole.purchases,
        "ord": whole.orders,
        "ref": whole.refunds,
        "shp": whole.shipments,
    }
    for row in whole.of_kind("idempotency", "KEY"):
        prefix, _, rest = row.values["subject"].partition("_")
        if prefix not in rooms:
            continue
        subject = row.values["subject"]
        if subject not in rooms[prefix]:
            yield row.pk, f"it was used for {subject}, which there is not"
        elif row.status and not 200 <= row.status < 300:
            yield row.pk, f"a refusal, {row.status}, is kept for {subject}"
        elif row.status and rest not in row.body:
            yield row.pk, f"the answer kept for {subject} is about something else"


def _placed(whole: Whole) -> Iterator[tuple[Row, str, str]]:
    """Rows of which the key follows from the ids inside, with that key."""
    yield from _placed_of_orders(whole)
    for row in whole.of_kind("payments", "REFUND"):
        yield row, f"PAYMENT#{row.refund.payment_id}", f"REFUND#{row.refund.id}"
    for row in whole.of_kind("payments", "CALLBACK"):
        yield row, f"CALLBACK#{row.callback.provider}#{row.callback.event_id}", "CALLBACK"
    for row in whole.of_kind("payments", "REFERENCE"):
        yield row, row.pk, row.payment_id
    for row in whole.of_kind("inventory", "STOCK"):
        yield row, f"STOCK#{row.sku}", f"AT#{row.location}#{row.shard}"
    for row in whole.of_kind("settlement", "LEG"):
        entry_id, _, number = row.posting.id.rpartition(".")
        yield row, f"ENTRY#{entry_id}", f"LEG#{number}"
    for row in whole.of_kind("aftersales", "CASE"):
        yield row, f"CASE#{row.case.id}", "CASE"
    for row in whole.of_kind("outbox", "FACT"):
        fact = whole.facts.get(row.sk)
        if fact is not None:
            yield row, fact.aggregate, fact.id


def _placed_of_orders(whole: Whole) -> Iterator[tuple[Row, str, str]]:
    for row in whole.of_kind("orders", "PURCHASE"):
        yield row, _partition(row.purchase.id), "PURCHASE"
    for row in whole.of_kind("orders", "ORDER"):
        order = row.order
        is_named = order.id == order_id(order.purchase_id, order.number)
        yield row, _partition(order.purchase_id), f"ORDER#{order.number if is_named else '?'}"


def _partition(purchase_id: str) -> str:
    return f"PURCHASE#{purchase_id.removeprefix('pur_')}"


def _owners(whole: Whole) -> dict[str, str]:
    """Code -> the merchant that has it."""
    return {row.subject: row.merchant_id for row in whole.of_kind("merchants", "CODE")}


def _code(sku: str) -> str:
    return sku.partition(".")[0]


def _is_of_order(whole: Whole, row: Row) -> bool:
    order = whole.orders.get(row.entry.order_id)
    return order is None or order.merchant.id == row.entry.merchant_id
