"""House rules that a linter does not know."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
TEXTS = [
    name
    for name in TRACKED
    if name.endswith((".py", ".html", ".js", ".css", ".md", ".json", ".toml", ".txt", ".sh"))
    and (ROOT / name).is_file()
    and not name.startswith(("requirements", "tests/data/"))
]
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]) + r")\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home/\w+)/[\w.]")
INLINE = re.compile(
    r"""<[^>]+\sstyle=|<style[\s>]|<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)|\son\w+=["']""",
    re.IGNORECASE,
)
FUNCTION_LINES_MAX = 75


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_is_left_unfinished_or_bound_to_a_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not UNFINISHED.search(text)
    assert not MACHINE_PATH.search(text)


@pytest.mark.parametrize(
    "name", [n for n in TEXTS if n.startswith("templates/") and "/mail/" not in n]
)
def test_templates_have_no_inline_style_or_script(name: str) -> None:
    assert not INLINE.search((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [n for n in TEXTS if n.endswith(".py")])
def test_functions_fit_on_a_screen(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno
            assert lines <= FUNCTION_LINES_MAX, (
                f"{name}:{node.lineno} {node.name} has {lines} lines"
            )


def test_python_runs_with_its_assertions() -> None:
    assert __debug__, "invariants are assertions; python -O would drop them"
