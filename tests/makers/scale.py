"""How much a suite does: a taste in `make test`, the whole in `make prove`; and what it found.

A figure that a suite tells lies under `.build/figures/` until `make prove` writes all of them into
docs/reliability.md.
"""

import json
import os
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).resolve().parents[2] / ".build" / "figures"
IS_WHOLE = bool(os.environ.get("SOUK_PROVE"))


def pick(taste: int, whole: int) -> int:
    """Choose how many rounds, seeds or points this run does."""
    return whole if IS_WHOLE else taste


def tell(suite: str, what: str, value: str | int, *, is_whole: bool = IS_WHOLE) -> None:
    """Keep a figure, such as `tell("crashes", "single points", 412)`; the last word counts."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    name = f"{suite}.{what}".replace(" ", "_").replace("/", "_")
    figure = {"suite": suite, "what": what, "value": value, "is_whole": is_whole}
    (FIGURES / f"{name}.json").write_text(json.dumps(figure), encoding="utf-8")


def figures() -> list[dict[str, Any]]:
    """Every figure that was told since the folder was emptied, in no order."""
    return [json.loads(place.read_text(encoding="utf-8")) for place in FIGURES.glob("*.json")]
