"""The lock files: everything by version and hash, and what ships is what is tested."""

import re

import pytest

from infra.package import ROOT
from infra.setup_venv import _uv_lines

ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+) \\$")
LOCKS = ("requirements.txt", "requirements-dev.txt")


def entries(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := ENTRY.match(line))}


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_by_hash(name: str):
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) == len(entries(name))
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_what_ships_is_what_is_tested():
    shipped, tested = entries("requirements.txt"), entries("requirements-dev.txt")
    assert shipped
    assert {name: tested.get(name) for name in shipped} == shipped


@pytest.mark.parametrize("name", LOCKS)
def test_everything_that_is_asked_for_is_locked(name: str):
    asked = {
        re.split(r"[\[<>=]", line)[0].lower()
        for line in (ROOT / name).with_suffix(".in").read_text().splitlines()
        if line and line[0] not in "#-"
    }
    assert asked <= set(entries(name))


def test_uv_can_be_fetched_by_its_own_hash():
    lines = _uv_lines((ROOT / "requirements-dev.txt").read_text()).splitlines()
    assert lines[0].startswith("uv==")
    assert len(lines) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
