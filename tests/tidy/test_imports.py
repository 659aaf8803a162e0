"""Who may import whom. A failure names the offending line; docs/architecture.md says why."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = (
    ("identity", "merchants"),
    ("catalog", "inventory", "shipping", "payments", "members"),
    ("search", "promotions", "reviews", "recommendations", "ads"),
    ("cart",),
    ("orders",),
    ("aftersales", "settlement", "social"),
    ("notifications", "privacy", "analytics", "insights"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FURNITURE = {"model", "facts", "store", "service", "api", "pages", "console", "workers"}
DOORS = {"api", "pages", "console"}
IMPURE = {"boto3", "botocore", "pynamodb", "chalice", "jinja2", "os", "time", "random", "secrets"}
AWS_ONLY = {"boto3", "botocore", "pynamodb", "aws_lambda_powertools"}


@dataclass(frozen=True)
class Import:
    """One name that one line imports, in dotted form."""

    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.name}"


def imports_of(path: Path) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno} imports relatively"
            for alias in node.names:
                yield Import(path, node.lineno, f"{node.module}.{alias.name}")


def files(*parts: str) -> list[Path]:
    return sorted(path for path in ROOT.joinpath(*parts).rglob("*.py"))


def place(path: Path) -> tuple[str, str]:
    """The room and the piece of furniture a file belongs to."""
    parts = path.relative_to(ROOT / "chalicelib" / "contexts").with_suffix("").parts
    return (parts[0], parts[1] if len(parts) > 1 else "__init__") if len(parts) > 1 else ("", "")


def test_the_kernel_imports_nothing_but_the_standard_library_and_msgspec() -> None:
    import sys

    wrong = [
        one
        for path in files("chalicelib", "kernel")
        for one in imports_of(path)
        if not one.name.startswith("chalicelib.kernel")
        and one.name.split(".")[0] not in {*sys.stdlib_module_names, "msgspec"}
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_only_the_aws_wing_and_stores_know_aws() -> None:
    allowed = {"store"}
    wrong = [
        one
        for path in files("chalicelib")
        if "aws" not in path.relative_to(ROOT).parts[:2] and place_if_room(path)[1] not in allowed
        for one in imports_of(path)
        if one.name.split(".")[0] in AWS_ONLY
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_models_and_facts_are_pure() -> None:
    wrong = [
        one
        for path in files("chalicelib", "contexts")
        if place(path)[1] in {"model", "facts"}
        for one in imports_of(path)
        if one.name.split(".")[0] in IMPURE
        or (one.name.startswith("chalicelib.") and not pure(one.name, place(path)[0]))
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_rooms_import_downwards_only() -> None:
    wrong = [
        one
        for path in files("chalicelib", "contexts")
        for one in imports_of(path)
        if one.name.startswith("chalicelib.contexts.") and not allowed(*place(path), one)
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_the_wings_know_no_room() -> None:
    wrong = [
        one
        for wing in ("kernel", "aws", "web", "providers")
        for path in files("chalicelib", wing)
        for one in imports_of(path)
        if one.name.startswith("chalicelib.contexts")
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_nothing_that_ships_imports_the_workshop() -> None:
    wrong = [
        one
        for path in [ROOT / "app.py", *files("chalicelib")]
        for one in imports_of(path)
        if one.name.split(".")[0] in {"infra", "tests", "bench", "demo"}
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_every_room_stands_on_a_floor_and_has_only_known_furniture() -> None:
    for path in files("chalicelib", "contexts"):
        room, furniture = place(path)
        if not room:
            continue
        assert room in FLOOR, f"{room} stands on no floor"
        assert furniture in FURNITURE | {"__init__"}, f"{path.relative_to(ROOT)} is no furniture"


@pytest.mark.parametrize("path", files("chalicelib"), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_outgrows_its_room(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 450, f"{path.relative_to(ROOT)} has {lines} lines; make it a package"


def place_if_room(path: Path) -> tuple[str, str]:
    contexts = ROOT / "chalicelib" / "contexts"
    return place(path) if path.is_relative_to(contexts) else ("", "")


def pure(name: str, room: str) -> bool:
    """Kernel, or the model and facts of the own room or of a room on a lower floor."""
    if name.startswith("chalicelib.kernel"):
        return True
    parts = name.split(".")
    if parts[1] != "contexts" or len(parts) < 4 or parts[3] not in {"model", "facts"}:
        return False
    return parts[2] == room or FLOOR[parts[2]] < FLOOR[room]


def allowed(room: str, furniture: str, one: Import) -> bool:
    """The table of docs/architecture.md, one line a piece of furniture."""
    parts = one.name.split(".")
    other = parts[2]
    target = parts[3] if len(parts) > 3 else "__init__"
    if other == room:
        return furniture in DOORS | {"workers", "__init__"} or target not in DOORS | {"workers"}
    if furniture in DOORS:
        return target not in {"store", "workers"}
    if furniture == "workers":
        return target == "facts" or FLOOR[other] < FLOOR[room]
    if furniture == "service":
        return FLOOR[other] < FLOOR[room] and target not in DOORS | {"workers"}
    if furniture in {"model", "facts", "store"}:
        return FLOOR[other] < FLOOR[room] and target in {"model", "facts"}
    return False
