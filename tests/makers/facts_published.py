"""The names of all facts that any room publishes, found in its facts.py."""

import importlib
from pathlib import Path

from chalicelib.kernel.facts import Fact

CONTEXTS = Path(__file__).resolve().parents[2] / "chalicelib" / "contexts"


def published_facts() -> set[str]:
    for path in sorted(CONTEXTS.glob("*/facts.py")):
        importlib.import_module(f"chalicelib.contexts.{path.parent.name}.facts")
    return {kind.name for kind in _below(Fact) if kind.name}


def _below(kind: type) -> set[type]:
    return {one for child in kind.__subclasses__() for one in {child, *_below(child)}}
