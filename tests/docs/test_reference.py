"""The documentation says what the code does."""

import subprocess
from pathlib import Path

import pytest

from infra import docs

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(
    path.name
    for path in (ROOT / "chalicelib" / "contexts").iterdir()
    if (path / "__init__.py").is_file()
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_fact_is_described() -> None:
    assert read("docs/events.md") == docs.events(), "run `make docs`"


def test_every_refusal_is_described() -> None:
    assert read("docs/errors.md") == docs.errors(), "run `make docs`"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_on_the_floor_plan(room: str) -> None:
    assert f"`{room}`" in read("README.md")
    assert room in read("docs/architecture.md")


def test_every_target_is_in_the_help() -> None:
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    makefile = read("Makefile").splitlines()
    targets = {
        line.split(":")[0]
        for line in makefile
        if line[:1].isalpha()
        and ":" in line
        and "=" not in line.split(":")[0]
        and ":=" not in line
        and "?=" not in line
    }
    missing = {target for target in targets if f"make {target}" not in shown}
    assert not missing


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda p: p.name
)
def test_decisions_say_why_and_how_to_undo(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for part in ("**Context.**", "**Choice.**", "**Undo.**"):
        assert part in text
