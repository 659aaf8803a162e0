"""The bank: units move between rows, and nobody ever sees another sum than the first.

The writers and readers are the app's own transactions and reads, with conflicts put in their way.
"""

from random import Random

from tests.makers.engines import bank
from tests.makers.engines.crowd import PROCESSES
from tests.makers.engines.market import mixed
from tests.makers.scale import pick, tell

SUITE = "engines"
EACH = PROCESSES // 2
TURNS = 12


def test_transfers_never_change_what_all_accounts_hold_together(
    world, crowd, engine_name, clock
) -> None:
    rounds = pick(3, 20)
    snapshots = transfers = conflicts = 0
    for number in range(rounds):
        whole = bank.open_accounts(number)
        chance = Random(number)
        jobs = [bank.Turn(number, chance.getrandbits(32), TURNS) for _ in range(EACH)]
        tally = crowd.at_once(world, bank.act, mixed(jobs, [bank.Look(number, TURNS)] * EACH))
        tally.nothing_broke()
        assert not tally.codes
        made, seen = tally.answers[0::2], tally.answers[1::2]
        assert {amount for sums in seen for amount in sums} == {whole}
        assert bank.look(bank.Look(number, 1)) == [whole]
        assert sum(done for done, _ in made) > 0
        transfers += sum(done for done, _ in made)
        conflicts += sum(met for _, met in made)
        snapshots += sum(map(len, seen))
    assert conflicts > 0
    found = f"{snapshots} snapshots exact ({transfers} transfers, {conflicts} conflicts injected)"
    tell(SUITE, f"bank of {EACH} writers and {EACH} readers on {engine_name}", found)
