"""docs/imports.md names every code that an import can give, and every column it reads."""

import re
from pathlib import Path

from chalicelib.contexts.catalog.model.importing import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"import\.[a-z_0-9]+")


def page() -> str:
    return (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")


def test_every_code_is_described_and_none_besides() -> None:
    room = ROOT / "chalicelib" / "contexts" / "catalog"
    told = {
        code
        for path in room.rglob("*.py")
        for code in re.findall(r'f?"(import\.[a-z_0-9{}]+)"', path.read_text(encoding="utf-8"))
    }
    by_price = {f"import.{name}_{what}" for name in ("price", "compare_at") for what in ("wrong",)}
    told = {code for code in told if "{" not in code} | by_price | {"import.price_missing"}
    assert told == set(CODE.findall(page()))


def test_every_column_is_described() -> None:
    written = page().casefold()
    numbered = re.compile(r"option[23]")
    missing = [
        spelling
        for spellings in COLUMNS.values()
        for spelling in spellings[:1]
        if not numbered.match(spelling) and f"`{spelling}`" not in written
    ]
    assert missing == []
