"""Writes docs/events.md and docs/errors.md from the code: `make docs`. A test holds them in step."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from msgspec import structs

import chalicelib
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.facts import Fact

DOCS = Path(__file__).resolve().parents[1] / "docs"


def modules() -> Iterator[ModuleType]:
    """Import and yield every module that ships."""
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        yield importlib.import_module(found.name)


def events() -> str:
    """Render every fact: its name, version, sentence and fields."""
    lines = [
        "# Facts",
        "",
        "Made by `make docs` from the classes in `chalicelib/contexts/*/facts.py`. Every fact is put on",
        "the bus with source `souk`, its name as detail type and its fields, plus `version`, as detail.",
        "",
    ]
    for fact in sorted(_below(Fact), key=lambda one: one.name):
        if not fact.name:
            continue
        lines += [f"## {fact.name}", "", f"Version {fact.version}. {_sentence(fact)}", ""]
        lines += [f"- `{one.name}`: {_type(one)}" for one in structs.fields(fact)]
        lines.append("")
    return "\n".join(lines)


def errors() -> str:
    """Render every refusal: its code, status and meaning."""
    lines = [
        "# Refusals",
        "",
        "Made by `make docs` from the refusal classes. Programs may rely on `code` and `status`; titles",
        "and details are for people.",
        "",
        "| code | status | meaning |",
        "|---|---|---|",
    ]
    known = {(one.code, one.status): one for one in _below(Refusal) if "code" in one.__dict__}
    for (code, status), refusal in sorted(known.items()):
        lines.append(f"| `{code}` | {status} | {_meaning(refusal)} |")
    return "\n".join([*lines, ""])


def refusals() -> list[type[Refusal]]:
    """List every refusal that ships, by code."""
    return sorted(_below(Refusal), key=lambda one: (one.code, one.__name__))


def _below(base: type) -> Iterator[type]:
    list(modules())
    waiting = [base]
    while waiting:
        one = waiting.pop()
        if one.__module__.startswith("chalicelib"):
            yield one
        waiting.extend(one.__subclasses__())


def _sentence(kind: type) -> str:
    own = kind.__doc__ or ""
    return "" if own.startswith(f"{kind.__name__}(") else " ".join(own.split())


def _meaning(refusal: type[Refusal]) -> str:
    own = refusal.__dict__.get("__doc__") or ""
    sentence = " ".join(own.split("\n\n")[0].split())
    return sentence or refusal.title.rstrip(".") + "."


def _type(field: structs.FieldInfo) -> str:
    kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", None)
    text = str(field.type) if kind is None or "[" in str(field.type) else kind
    return text.replace("chalicelib.", "").replace("|", "or")


def main() -> None:
    """Write both pages."""
    DOCS.mkdir(exist_ok=True)
    (DOCS / "events.md").write_text(events(), encoding="utf-8")
    (DOCS / "errors.md").write_text(errors(), encoding="utf-8")
    print("docs/events.md and docs/errors.md are in step with the code")


if __name__ == "__main__":
    main()
