"""What the stack is made of, as one digest: equal digests need no packaging and no update."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCES = ("app.py", "pyproject.toml", "requirements.txt", ".chalice", "chalicelib", "templates")
INFRA = "infra"
NOT_IN_STACK = frozenset({"local", "__pycache__", "deployments", "deployed"})


def digest(root: Path, parameters: Mapping[str, str]) -> str:
    """Name the state of the sources under `root` and of the stack's parameters."""
    found = hashlib.sha256()
    for name, value in sorted(parameters.items()):
        found.update(f"{name}={value}\0".encode())
    for path in sources(root):
        found.update(f"{path.relative_to(root)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def sources(root: Path) -> Iterator[Path]:
    """Every file that goes into the package or the template, in a fixed order."""
    for name in (*SOURCES, INFRA):
        place = root / name
        if place.is_file():
            yield place
        else:
            yield from _below(place)


def _below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for place in sorted(folder.iterdir()):
        if place.name in NOT_IN_STACK or place.suffix == ".pyc":
            continue
        if place.is_dir():
            yield from _below(place)
        else:
            yield place
