"""The planted bugs still fit the code they are planted in."""

import pytest

from tests.planted.bugs import ROOT, Bug, bugs

BUGS = bugs()


def test_there_are_enough_of_them() -> None:
    assert len(BUGS) >= 30
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_can_be_planted(bug: Bug) -> None:
    text = (ROOT / bug.file).read_text(encoding="utf-8")
    planted = bug.planted(text)
    assert planted != text
    compile(planted, bug.file, "exec")
    assert bug.tests
    assert all((ROOT / suite).exists() for suite in bug.tests), "a suite has moved"
