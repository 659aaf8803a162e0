"""Seeds live the same history on moto's tables, which answer every call as the quick ones do."""

from tests.makers.quick.beside import beside_moto
from tests.makers.scale import pick, tell
from tests.simulator import seeds

SEEDS = pick(1, 20)


def test_a_seed_on_moto_is_the_same_history_call_by_call() -> None:
    with seeds.house() as house:
        quickly = [house.run(seed) for seed in range(1, SEEDS + 1)]
    with seeds.house(beside_moto) as house:
        by_moto = [house.run(seed) for seed in range(1, SEEDS + 1)]
        compared = house.cloud.compared
    assert not any(outcome.broken for outcome in by_moto)
    assert [outcome.digest for outcome in by_moto] == [outcome.digest for outcome in quickly]
    assert compared > 1_000 * SEEDS
    tell("simulator", "seeds on moto with the same hash", SEEDS)
    tell("simulator", "calls that moto and the quick tables answered alike", f"{compared:,}")
