"""The journal's rows: entries and their legs, what is still open, balances, statements.

| pk | sk | row |
|---|---|---|
| `ENTRY#id` | `LEG#n` | one leg; `by_owner` lists a merchant's legs by time |
| `OPEN#merchant#currency` | `order#entry` | an entry that no statement contains yet |
| `ORDER#id` | `ORDER` | says that the order is completed |
| `BALANCE#merchant` | `account#currency` | the sum of the legs |
| `OWED` | `merchant#currency` | that this merchant has entries |
| `STATEMENT#id` | `STATEMENT`, `LINE#…` | a statement and the entries in it |
| `NUMBER#merchant#currency` | `NUMBER` | how many statements are closed |
"""

from collections.abc import Iterable, Sequence

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.settlement.model import (
    Account,
    Entry,
    Posting,
    Statement,
    StatementState,
    postings,
    statement_id,
    totals_of,
)
from chalicelib.kernel.paging import Page

FIRST, LAST = " ", "~"


class SettlementItem(Item):
    class Meta:
        room = "settlement"

    kind = DiscriminatorAttribute()


class DoneItem(SettlementItem, discriminator="DONE"):
    fact = UnicodeAttribute()


class LegItem(SettlementItem, discriminator="LEG"):
    posting: DocumentAttribute[Posting] = DocumentAttribute(Posting)


class OpenItem(SettlementItem, discriminator="OPEN"):
    entry: DocumentAttribute[Entry] = DocumentAttribute(Entry)


class OrderItem(SettlementItem, discriminator="ORDER"):
    completed_at = UnicodeAttribute()


class BalanceItem(SettlementItem, discriminator="BALANCE"):
    amount = NumberAttribute()


class OwedItem(SettlementItem, discriminator="OWED"):
    merchant_id = UnicodeAttribute()
    currency = UnicodeAttribute()


class NumberItem(SettlementItem, discriminator="NUMBER"):
    closed = NumberAttribute()


class LineItem(SettlementItem, discriminator="LINE"):
    entry: DocumentAttribute[Entry] = DocumentAttribute(Entry)


class StatementItem(SettlementItem, discriminator="STATEMENT"):
    """A statement's head; the sums of its legs are attributes, so that they can be added to."""

    merchant_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    number = NumberAttribute()
    state = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    closed_at = UnicodeAttribute(default="")
    entries = NumberAttribute(default=0)
    provider_clearing = NumberAttribute(default=0)
    merchant_payable = NumberAttribute(default=0)
    commission = NumberAttribute(default=0)
    shipping = NumberAttribute(default=0)
    tax = NumberAttribute(default=0)
    promotions = NumberAttribute(default=0)
    refunds = NumberAttribute(default=0)
    points = NumberAttribute(default=0)
    points_cost = NumberAttribute(default=0)


def open_key(merchant_id: str, currency: str) -> str:
    """The partition of entries that no statement contains yet."""
    return f"OPEN#{merchant_id}#{currency}"


def ledger_of(merchant_id: str) -> str:
    """The owner of a merchant's legs in the index."""
    return f"LEDGER#{merchant_id}"


def statements_of(merchant_id: str) -> str:
    """The owner of a merchant's statements in the index."""
    return f"STATEMENTS#{merchant_id}"


def statement_key(statement: str) -> str:
    """The partition of one statement and its lines."""
    return f"STATEMENT#{statement}"


def post(entries: Sequence[Entry]) -> list[Write]:
    """Contribute entries: their legs, their place among the open ones, and the balances."""
    writes: list[Write] = []
    for entry in entries:
        writes += [_leg(entry, n, one) for n, one in enumerate(postings(entry))]
        writes.append(transact.create(_open(entry)))
        writes.append(transact.put(_owed(entry.merchant_id, entry.currency)))
    return writes + _balances(entries)


def complete(order_id: str, at: str) -> Write:
    """Contribute that an order is completed: its entries may go into a statement."""
    return transact.put(OrderItem(pk=f"ORDER#{order_id}", sk="ORDER", completed_at=at))


def owing() -> Iterable[tuple[str, str]]:
    """Every merchant and currency that ever had an entry."""
    for row in reads.query_all(OwedItem, "OWED"):
        yield row.merchant_id, row.currency


def open_entries(merchant_id: str, currency: str) -> list[Entry]:
    """Every entry of a merchant that no statement contains yet, order by order."""
    return [row.entry for row in reads.query_all(OpenItem, open_key(merchant_id, currency))]


def completed(order_ids: Sequence[str]) -> set[str]:
    """Those of the orders that are completed."""
    rows = reads.batch([Key(OrderItem, f"ORDER#{order_id}", "ORDER") for order_id in order_ids])
    return {order_id for order_id, row in zip(order_ids, rows, strict=True) if row is not None}


def current(merchant_id: str, currency: str) -> tuple[int, StatementItem | None]:
    """The number of the statement to fill next, and its head where it is begun."""
    counter = reads.get(NumberItem, f"NUMBER#{merchant_id}#{currency}", "NUMBER")
    number = int(counter.closed) + 1 if counter else 1
    place = statement_key(statement_id(merchant_id, currency, number))
    return number, reads.get(StatementItem, place, "STATEMENT")


def begin(merchant_id: str, currency: str, number: int, at: str) -> StatementItem:
    """Make the head of a new statement, or meet the one that somebody began meanwhile."""
    place = statement_key(statement_id(merchant_id, currency, number))
    head = StatementItem(
        pk=place,
        sk="STATEMENT",
        merchant_id=merchant_id,
        currency=currency,
        number=number,
        state=StatementState.OPEN,
        opened_at=at,
    )
    try:
        transact.commit([transact.create(head)])
    except transact.ConditionFailed as failed:
        begun: StatementItem = failed.old
        return begun
    return head


def move_into(head: StatementItem, entries: Sequence[Entry]) -> list[Write]:
    """Contribute the move of open entries into an open statement, each exactly once."""
    writes: list[Write] = []
    for entry in entries:
        row = _open(entry)
        writes.append(transact.delete(row, OpenItem.pk.exists()))
        line = LineItem(pk=head.pk, sk=f"LINE#{entry.at}#{entry.id}", entry=entry)
        writes.append(transact.create(line))
    sums = totals_of(entries)
    added = [getattr(StatementItem, account.value).add(amount) for account, amount in sums.items()]
    actions = [StatementItem.entries.add(len(entries)), *added]
    is_open = StatementItem.state == StatementState.OPEN
    return [*writes, transact.update(head, actions, is_open)]


def close(head: StatementItem, at: str) -> list[Write]:
    """Contribute the closing of a statement as it was read; one that grew meanwhile fails."""
    unchanged = (StatementItem.state == StatementState.OPEN) & (
        StatementItem.entries == head.entries
    )
    actions = [
        StatementItem.state.set(StatementState.CLOSED),
        StatementItem.closed_at.set(at),
        StatementItem.owner.set(statements_of(head.merchant_id)),
        StatementItem.owner_at.set(f"{at}#{head.pk}"),
    ]
    counter = NumberItem(pk=f"NUMBER#{head.merchant_id}#{head.currency}", sk="NUMBER")
    is_next = NumberItem.pk.does_not_exist() | (NumberItem.closed == int(head.number) - 1)
    return [
        transact.update(head, actions, unchanged),
        transact.update(
            counter,
            [NumberItem.closed.set(int(head.number)), NumberItem.kind.set(NumberItem)],
            is_next,
        ),
    ]


def statement_of(row: StatementItem) -> Statement:
    """Read a head into the model."""
    return Statement(
        id=row.pk.removeprefix("STATEMENT#"),
        merchant_id=row.merchant_id,
        currency=row.currency,
        number=int(row.number),
        state=StatementState(row.state),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        entries=int(row.entries),
        totals={account.value: int(getattr(row, account.value)) for account in Account},
    )


def statement(statement_id: str) -> Statement | None:
    """Read one statement's head."""
    row = reads.get(StatementItem, statement_key(statement_id), "STATEMENT")
    return statement_of(row) if row else None


def statements(merchant_id: str, limit: int, cursor: str) -> Page[StatementItem]:
    """A page of a merchant's closed statements, newest first."""
    owner = statements_of(merchant_id)
    return reads.page(
        StatementItem,
        owner,
        scope=owner,
        index="by_owner",
        forward=False,
        limit=limit,
        cursor=cursor,
    )


def lines(statement_id: str) -> Iterable[LineItem]:
    """The entries in a statement, oldest first."""
    return reads.query_all(LineItem, statement_key(statement_id), begins_with="LINE#")


def balances(merchant_id: str) -> dict[tuple[str, str], int]:
    """The stored sums of a merchant's legs, by account and currency."""
    rows = reads.query_all(BalanceItem, f"BALANCE#{merchant_id}")
    places = ((row.sk.partition("#"), row) for row in rows)
    return {(account, currency): int(row.amount) for (account, _, currency), row in places}


def legs(merchant_id: str, since: str, until: str, limit: int, cursor: str) -> Page[LegItem]:
    """A page of a merchant's legs between two times (`until` excluded), newest first."""
    owner = ledger_of(merchant_id)
    return reads.page(
        LegItem,
        owner,
        scope=f"{owner}#{since}#{until}",
        index="by_owner",
        between=(since or FIRST, until or LAST),
        forward=False,
        limit=limit,
        cursor=cursor,
    )


def _leg(entry: Entry, number: int, posting: Posting) -> Write:
    row = LegItem(
        pk=f"ENTRY#{entry.id}",
        sk=f"LEG#{number}",
        posting=posting,
        owner=ledger_of(entry.merchant_id),
        owner_at=f"{entry.at}#{posting.id}",
    )
    return transact.create(row)


def _open(entry: Entry) -> OpenItem:
    place = open_key(entry.merchant_id, entry.currency)
    return OpenItem(pk=place, sk=f"{entry.order_id}#{entry.id}", entry=entry)


def _owed(merchant_id: str, currency: str) -> OwedItem:
    place = f"{merchant_id}#{currency}"
    return OwedItem(pk="OWED", sk=place, merchant_id=merchant_id, currency=currency)


def _balances(entries: Sequence[Entry]) -> list[Write]:
    sums: dict[tuple[str, Account, str], int] = {}
    for entry in entries:
        for leg in entry.legs:
            place = (entry.merchant_id, leg.account, entry.currency)
            sums[place] = sums.get(place, 0) + leg.amount.amount
    return [
        transact.update(
            BalanceItem(pk=f"BALANCE#{merchant_id}", sk=f"{account}#{currency}"),
            [BalanceItem.amount.add(amount), BalanceItem.kind.set(BalanceItem)],
        )
        for (merchant_id, account, currency), amount in sums.items()
    ]
