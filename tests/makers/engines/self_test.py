"""What an engine can be trusted with: asked of the engine itself, before anything is judged on it.

Each probe speaks plain DynamoDB, nothing of the app's, and returns what is wrong or an empty text.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from tests.makers.scale import pick

TABLE = "self-test"
CALLERS = 16
UNITS = 20
ACCOUNTS = 6
OPENING = 100
TRANSFERS = 12
SWITCH_S = 1e-6

Probe = Callable[[Any], str]

EXPECTED_FAILURES = {
    "dynamodb-local": set(),
    "ministack": {"arithmetic in a condition"},
}
"""MiniStack ignores arithmetic in a condition, which DynamoDB refuses: conditions are proven on
DynamoDB Local alone."""

RACES_NEED = {"race", "token replay", "token mismatch", "bank"}


class Unfit(AssertionError):
    """An engine fails what a suite relies on, so its word there would be worth nothing."""


def require(name: str, wrong: dict[str, str], needed: set[str] = RACES_NEED) -> None:
    """Raise `Unfit`, naming what the engine of that name gets wrong, where it is needed."""
    if fatal := {probe: wrong[probe] for probe in sorted(needed & set(wrong))}:
        words = "; ".join(f"{probe}: {what}" for probe, what in fatal.items())
        raise Unfit(f"{name} cannot judge this. It fails {words}")


def failures(dynamodb: Any) -> dict[str, str]:
    """Probe -> what the engine does wrong. `dynamodb` is a client that may be shared by threads."""
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    with _impatient_threads():
        found = {name: _tried(probe, dynamodb) for name, probe in PROBES.items()}
    dynamodb.delete_table(TableName=TABLE)
    return {name: words for name, words in found.items() if words}


def race(dynamodb: Any) -> str:
    """Callers take units while there are some; each unit goes once."""
    for number in range(pick(5, 20)):
        _put(dynamodb, "shelf", UNITS)
        sold: list[int] = []

        def take(_caller: int, sold: list[int] = sold) -> None:
            wanted = (lambda: _add(dynamodb, "shelf", -1, at_least=1) for _ in range(2))
            sold.extend(1 for take_one in wanted if _is_done(take_one))

        _together(CALLERS, take)
        left = _read(dynamodb, "shelf")
        if (len(sold), left) != (UNITS, 0):
            return f"round {number + 1} sold {len(sold)} of {UNITS} units and left {left}"
    return ""


def token_replay(dynamodb: Any) -> str:
    """The same transaction under the same token is applied once."""
    _put(dynamodb, "replayed", 0)
    for _ in range(2):
        _transact(dynamodb, [_step("replayed", 5)], token="replay-" + "0" * 20)
    total = _read(dynamodb, "replayed")
    return "" if total == 5 else f"it was applied {total // 5} times"


def token_mismatch(dynamodb: Any) -> str:
    """Another transaction under a used token is refused."""
    _put(dynamodb, "mismatched", 0)
    _transact(dynamodb, [_step("mismatched", 5)], token="mismatch-" + "0" * 20)
    try:
        _transact(dynamodb, [_step("mismatched", 7)], token="mismatch-" + "0" * 20)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code != "IdempotentParameterMismatchException":
            return f"it answered {code}"
    else:
        return "it was taken"
    total = _read(dynamodb, "mismatched")
    return "" if total == 5 else f"it was refused and left {total} instead of 5"


def bank(dynamodb: Any) -> str:
    """Transfers between accounts never change their sum, not for anybody who reads all at once."""
    names = [f"account-{number}" for number in range(ACCOUNTS)]
    for name in names:
        _put(dynamodb, name, OPENING)
    sums: set[int] = set()

    def act(caller: int) -> None:
        chance = Random(caller)
        for _ in range(TRANSFERS):
            if caller % 2:
                sums.add(_snapshot(dynamodb, names))
                continue
            source, target = chance.sample(names, 2)
            amount = chance.randint(1, OPENING)
            steps = [_step(source, -amount, at_least=amount), _step(target, amount)]
            _is_done(lambda steps=steps: _transact(dynamodb, steps))

    _together(CALLERS, act)
    sums.add(_snapshot(dynamodb, names))
    whole = ACCOUNTS * OPENING
    return "" if sums == {whole} else f"of {whole} somebody saw {sorted(sums - {whole})}"


def arithmetic_in_a_condition(dynamodb: Any) -> str:
    """DynamoDB knows no arithmetic in conditions; an engine that takes it judges another one."""
    _put(dynamodb, "reckoned", 1)
    try:
        dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": "reckoned"}},
            UpdateExpression="SET n = :nine",
            ConditionExpression="n - :nine >= :nine",
            ExpressionAttributeValues={":nine": {"N": "9"}},
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return "" if code == "ValidationException" else f"it answered {code}"
    return "it is taken, and held to be true"


PROBES: dict[str, Probe] = {
    "race": race,
    "token replay": token_replay,
    "token mismatch": token_mismatch,
    "bank": bank,
    "arithmetic in a condition": arithmetic_in_a_condition,
}


def _tried(probe: Probe, dynamodb: Any) -> str:
    try:
        return probe(dynamodb)
    except Exception as error:  # noqa: BLE001 - an engine that breaks down has failed, too
        return f"it broke down: {error}"


@contextmanager
def _impatient_threads() -> Iterator[None]:
    """Let threads of this process take turns a thousand times oftener than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _together(times: int, act: Callable[[int], None]) -> None:
    gate = threading.Barrier(times)
    broken: list[Exception] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            act(number)
        except Exception as error:  # noqa: BLE001 - raised below, in the caller's thread
            broken.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]


def _is_done(call: Callable[[], object]) -> bool:
    """Whether it was done; False where a condition failed or another transaction was in the way."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"ConditionalCheckFailedException", "TransactionCanceledException"}:
            return False
        raise
    return True


def _put(dynamodb: Any, name: str, number: int) -> None:
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": name}, "n": {"N": str(number)}})


def _read(dynamodb: Any, name: str) -> int:
    answer = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": name}}, ConsistentRead=True)
    return int(answer["Item"]["n"]["N"])


def _add(dynamodb: Any, name: str, amount: int, *, at_least: int) -> None:
    dynamodb.update_item(**_step(name, amount, at_least=at_least)["Update"])


def _step(name: str, amount: int, *, at_least: int | None = None) -> dict[str, Any]:
    update: dict[str, Any] = {
        "TableName": TABLE,
        "Key": {"pk": {"S": name}},
        "UpdateExpression": "SET n = n + :amount",
        "ExpressionAttributeValues": {":amount": {"N": str(amount)}},
    }
    if at_least is not None:
        update["ConditionExpression"] = "n >= :least"
        update["ExpressionAttributeValues"][":least"] = {"N": str(at_least)}
    return {"Update": update}


def _transact(dynamodb: Any, steps: list[dict[str, Any]], token: str = "") -> None:
    more = {"ClientRequestToken": token} if token else {}
    dynamodb.transact_write_items(TransactItems=steps, **more)


def _snapshot(dynamodb: Any, names: list[str]) -> int:
    gets = [{"Get": {"TableName": TABLE, "Key": {"pk": {"S": name}}}} for name in names]
    answer = dynamodb.transact_get_items(TransactItems=gets)
    return sum(int(one["Item"]["n"]["N"]) for one in answer["Responses"])
