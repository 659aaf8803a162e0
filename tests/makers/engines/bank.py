"""A bank on rows of stock: `available` is an account's balance."""

from random import Random
from typing import Any, NamedTuple

from chalicelib.aws import transact
from chalicelib.aws.tables import connection
from chalicelib.contexts.inventory.store import StockItem
from tests.makers.engines.conflict import conflicting

ACCOUNTS = 6
OPENING = 100
CONFLICTS = 0.1


class Turn(NamedTuple):
    """So many transfers in one round's bank, chosen by a seed."""

    bank: int
    seed: int
    times: int


class Look(NamedTuple):
    """So many looks at all accounts of one round's bank."""

    bank: int
    times: int


def open_accounts(bank: int) -> int:
    """Make the accounts; returns what they hold together."""
    for number in range(ACCOUNTS):
        fields = {"sku": "bank", "merchant_id": "bank", "location": "bank", "shard": number}
        account = _account(bank, number, available=OPENING, held=0, **fields)
        transact.commit([transact.put(account)])
    return ACCOUNTS * OPENING


def act(job: Turn | Look) -> Any:
    return look(job) if isinstance(job, Look) else transfer(job)


def transfer(turn: Turn) -> tuple[int, int]:
    """Move money about; returns how many transfers were made and how many conflicts met."""
    chance, done = Random(turn.seed), 0
    with conflicting(lambda _: chance.random() < CONFLICTS) as met:
        for _ in range(turn.times):
            source, target = chance.sample(range(ACCOUNTS), 2)
            amount = chance.randint(1, OPENING)
            giver, taker = _account(turn.bank, source), _account(turn.bank, target)
            gives = [StockItem.available.set(StockItem.available - amount)]
            takes = [StockItem.available.set(StockItem.available + amount)]
            try:
                transact.commit(
                    [
                        transact.update(giver, gives, StockItem.available >= amount),
                        transact.update(taker, takes),
                    ]
                )
                done += 1
            except transact.ConditionFailed:
                continue
    return done, sum(met)


def look(looks: Look) -> list[int]:
    """What all accounts hold together, as often as asked."""
    table = StockItem.table()
    keys = [{"pk": {"S": f"BANK#{looks.bank}"}, "sk": {"S": str(n)}} for n in range(ACCOUNTS)]
    request = {"TransactItems": [{"Get": {"TableName": table, "Key": key}} for key in keys]}
    sums = []
    for _ in range(looks.times):
        answer = connection().dispatch("TransactGetItems", request)
        sums.append(sum(int(one["Item"]["available"]["N"]) for one in answer["Responses"]))
    return sums


def _account(bank: int, number: int, **values: Any) -> StockItem:
    return StockItem(f"BANK#{bank}", str(number), **values)
