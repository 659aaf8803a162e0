"""A pytest plugin that notes which of the product's writes reached the engine.

`pytest -p tests.makers.engines.writes` with WRITES_SEEN naming a file. A write is known by the line
where a room makes it; it counts when it was committed or refused by the engine.
"""

import ast
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.aws.transact import Write
from chalicelib.kernel.errors import Busy, Refusal

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ROOT / "chalicelib"
MAKERS = ("put", "create", "update", "delete", "check")
WITNESS = "WRITES_SEEN"

_made: dict[int, tuple[Write, str]] = {}
_sent: set[str] = set()


def sites() -> set[str]:
    """Every place of the product that makes a write, as `path:line`."""
    return {
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and _makes(node.func)
    }


def _makes(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in MAKERS
        and isinstance(called.value, ast.Name)
        and called.value.id == "transact"
    )


def pytest_configure(config: pytest.Config) -> None:
    for name in MAKERS:
        setattr(transact, name, _noting(getattr(transact, name)))
    commit = transact.commit

    def noted(writes: Sequence[Write]) -> None:
        try:
            commit(writes)
        except Busy:
            raise
        except Refusal:
            _note(writes)
            raise
        _note(writes)

    transact.commit = noted


def pytest_unconfigure(config: pytest.Config) -> None:
    Path(os.environ[WITNESS]).write_text(json.dumps(sorted(_sent)))


def _note(writes: Sequence[Write]) -> None:
    _sent.update(_made[id(write)][1] for write in writes if id(write) in _made)


def _noting(make: Any) -> Any:
    def made(*arguments: Any, **named: Any) -> Write:
        write: Write = make(*arguments, **named)
        frame = sys._getframe(1)
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(PRODUCT):
            _made[id(write)] = (write, f"{file.relative_to(ROOT)}:{frame.f_lineno}")
        return write

    return made
