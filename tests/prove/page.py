"""The figures' part of docs/reliability.md, between two marks."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
HEAD = "| suite | figures |\n|---|---|"
BEGIN, END = "<!-- figures: written by make prove -->", "<!-- end of figures -->"


def write(figures: Iterable[dict[str, Any]]) -> None:
    """Put the figures of whole runs into the page; those of a taste stay out.

    A suite without figures of its own keeps the line that it has.
    """
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    before, tail = rest.split(END)
    lines = _lines_of(before) | told(figures)
    rows = [f"| {suite} | {found} |" for suite, found in sorted(lines.items())]
    table = "\n".join([HEAD, *rows])
    PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def told(figures: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Suite -> its figures in the order of their names."""
    whole = sorted((one for one in figures if one["is_whole"]), key=itemgetter("suite", "what"))
    return {
        suite: " · ".join(f"{one['what']}: {_shown(one['value'])}" for one in found)
        for suite, found in groupby(whole, key=itemgetter("suite"))
    }


def _lines_of(table: str) -> dict[str, str]:
    rows = [line.strip("| ").split(" | ", 1) for line in table.splitlines() if line[:2] == "| "]
    return {suite: figures for suite, figures in rows if suite != "suite"}


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")
