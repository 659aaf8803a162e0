"""Statements: every entry in exactly one place, every sum as its lines say, every closing told."""

from collections import Counter, defaultdict

from chalicelib.contexts.settlement.facts import StatementClosed
from chalicelib.contexts.settlement.model import PLATFORM, Statement, StatementState, totals_of
from infra.doctor.registry import Found, invariant
from infra.doctor.rows import Row
from infra.doctor.whole import Whole


@invariant("statements.entry_in_one")
def entry_in_one(whole: Whole) -> Found:
    """Every journal entry is in one statement, or waits for one, and never both."""
    places = Counter(row.entry.id for row in _kept(whole))
    for entry_id in whole.entries:
        times = places.pop(entry_id, 0)
        if times != 1:
            yield entry_id, f"it is in {times} places of statements and of what waits for one"
    for entry_id in places:
        yield entry_id, "a statement has it, and the journal does not"


@invariant("statements.entry_is_as_posted")
def entry_is_as_posted(whole: Whole) -> Found:
    """An entry in a statement, or waiting for one, is what the journal says."""
    for row in _kept(whole):
        posted = whole.entries.get(row.entry.id)
        if posted is not None and posted.legs != row.entry.legs:
            yield row.entry.id, f"it is another in {row.pk} than in the journal"


@invariant("statements.add_up")
def add_up(whole: Whole) -> Found:
    """A statement's totals and count are those of its lines."""
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in whole.of_kind("settlement", "LINE"):
        lines[row.subject].append(row)
    for statement in whole.statements.values():
        own = lines.pop(statement.id, [])
        if statement.entries != len(own):
            yield statement.id, f"it counts {statement.entries} entries and has {len(own)}"
        sums = totals_of(row.entry for row in own)
        for account, amount in sums.items():
            said = statement.totals[account]
            if said != amount:
                yield statement.id, f"its {account} is {said}, its lines add up to {amount}"
    for statement_id, rows in lines.items():
        yield statement_id, f"{len(rows)} lines are of a statement that there is not"


@invariant("statements.only_completed")
def only_completed(whole: Whole) -> Found:
    """Only entries of completed orders are in a statement."""
    completed = {row.subject for row in whole.of_kind("settlement", "ORDER")}
    for row in whole.of_kind("settlement", "LINE"):
        order_id = row.entry.order_id
        if order_id and order_id not in completed:
            yield row.subject, f"it has an entry of {order_id}, which is not completed"


@invariant("statements.numbered")
def numbered(whole: Whole) -> Found:
    """A merchant's statements are numbered from one on without a gap; only the last may be open."""
    counted = {row.subject: row.closed for row in whole.of_kind("settlement", "NUMBER")}
    series: dict[str, list[Statement]] = defaultdict(list)
    for statement in whole.statements.values():
        series[f"{statement.merchant_id}#{statement.currency}"].append(statement)
    for owner, statements in series.items():
        numbers = sorted(one.number for one in statements)
        if numbers != list(range(1, len(numbers) + 1)):
            yield owner, f"its statements are numbered {numbers}"
        closed = [one.number for one in statements if one.state is not StatementState.OPEN]
        if len(closed) < len(statements) - 1 or max(closed, default=0) != counted.get(owner, 0):
            yield owner, f"{counted.get(owner, 0)} statements are counted as closed of {numbers}"


@invariant("statements.closing_is_told")
def closing_is_told(whole: Whole) -> Found:
    """Every statement that is closed was told once, with what it owes."""
    told: dict[str, list[StatementClosed]] = defaultdict(list)
    for fact in whole.told(StatementClosed):
        told[fact.statement_id].append(fact)
    for statement in whole.statements.values():
        is_closed = statement.state is not StatementState.OPEN
        facts = told.pop(statement.id, [])
        if len(facts) != (1 if is_closed else 0):
            yield statement.id, f"it is {statement.state} and was told closed {len(facts)} times"
        for fact in facts:
            if (fact.owed, fact.entries) != (statement.owed, statement.entries):
                owed = statement.owed.amount
                yield statement.id, f"it owes {owed}, and {fact.owed.amount} were told"
    for statement_id in told:
        yield statement_id, "it was told closed, and there is no such statement"


@invariant("statements.nobody_is_forgotten")
def nobody_is_forgotten(whole: Whole) -> Found:
    """Whoever has entries that wait for a statement is on the list of those who get one."""
    listed = {(row.merchant_id, row.currency) for row in whole.of_kind("settlement", "OWED")}
    waiting = {
        (row.entry.merchant_id, row.entry.currency) for row in whole.of_kind("settlement", "OPEN")
    }
    for merchant_id, currency in sorted(waiting - listed):
        yield merchant_id, f"it has entries in {currency} and is on no list for statements"


@invariant("statements.are_closed_in_time")
def are_closed_in_time(whole: Whole) -> Found:
    """Entries of orders that were completed the day before are in a closed statement."""
    at = {row.subject: row.completed_at for row in whole.of_kind("settlement", "ORDER")}
    for row in whole.of_kind("settlement", "OPEN"):
        entry = row.entry
        since = max(at.get(entry.order_id, "~"), entry.at)
        if entry.merchant_id != PLATFORM and since <= whole.horizon.daily:
            yield entry.id, f"it waits for a statement of {entry.merchant_id} since {since}"
    for row in whole.of_kind("settlement", "STATEMENT"):
        if (
            row.state == StatementState.OPEN
            and row.entries
            and row.opened_at <= whole.horizon.daily
        ):
            yield row.subject, f"it is half made since {row.opened_at}"


def _kept(whole: Whole) -> list[Row]:
    return [*whole.of_kind("settlement", "OPEN"), *whole.of_kind("settlement", "LINE")]
