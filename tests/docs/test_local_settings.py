"""Every variable that the stack on one machine listens to is explained."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
READERS = (*sorted((ROOT / "infra" / "local").rglob("*.py")), ROOT / "infra" / "access.py")
NAMES = sorted(
    {
        name
        for path in READERS
        for name in re.findall(r'"(SOUK_[A-Z_]+[A-Z])"', path.read_text(encoding="utf-8"))
    }
)


def test_there_are_some() -> None:
    assert {"SOUK_PORT", "SOUK_LOCAL_DIR"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE
