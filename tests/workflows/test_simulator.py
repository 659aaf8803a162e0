"""Any history of shoppers, merchants, companies, faults and clocks keeps what must always be true."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.makers.scale import pick, tell
from tests.simulator import seeds
from tests.simulator.seeds import STEPS, House

CHUNKS = 10
SEEDS = pick(50, 2_000)
REPLAYED = pick(2, 100)


@pytest.fixture(scope="module")
def house():
    """One stage for all seeds of this process."""
    with seeds.house() as opened:
        yield opened


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_seed_keeps_every_promise(house: House, chunk: int) -> None:
    size = SEEDS // CHUNKS
    first = 1 + chunk * size
    faults: Counter[str] = Counter()
    broken, steps = [], 0
    for seed in range(first, first + size):
        outcome = house.run(seed)
        faults, steps = faults + outcome.faults, steps + outcome.steps
        broken += [outcome.told()] if outcome.broken else []
        assert outcome.steps >= STEPS or outcome.broken
    if chunk == 0:
        kinds = ", ".join(f"{kind} {count}" for kind, count in faults.most_common())
        tell("simulator", f"what went wrong in the first {size} seeds", kinds)
    told = f"{len(broken)} broken, {steps} steps, {faults.total()} faults and oddities"
    tell("simulator", f"seeds {first} to {first + size - 1}", told)
    tell("simulator", "seeds", SEEDS)
    assert not broken, "\n\n".join(broken)


@pytest.mark.parametrize("chunk", range(2))
def test_a_seed_replays_exactly(house: House, chunk: int) -> None:
    """The second time begins where others left the process, and must not show it."""
    for seed in range(9_000 + chunk, 9_000 + REPLAYED, 2):
        assert house.run(seed).digest == house.run(seed).digest
    tell("simulator", "seeds replayed with the same hash", REPLAYED)


def test_different_seeds_are_different_histories(house: House) -> None:
    assert house.run(1, steps=40).digest != house.run(2, steps=40).digest


def test_the_command_runs_seeds_on_two_processes() -> None:
    words = [sys.executable, "-m", "tests.simulator", "--seeds", "2", "--steps", "20"]
    ran = subprocess.run(words, check=True, capture_output=True, text=True, timeout=120)
    assert "every seed held" in ran.stdout
