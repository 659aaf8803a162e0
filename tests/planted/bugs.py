"""The bugs as they stand in bugs.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("bugs.toml")


@dataclass(frozen=True)
class Bug:
    """One change of one file, the harm it would do, and the tests that should notice."""

    name: str
    harm: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def planted(self, text: str) -> str:
        """The file's text with the bug in it. The place must be found exactly once."""
        assert text.count(self.find) == 1, f"{self.name}: the place is not in {self.file} once"
        return text.replace(self.find, self.replace)

    def plant(self, root: Path) -> None:
        """Write the bug into a copy of the project; it must still be a program."""
        place = root / self.file
        text = self.planted(place.read_text(encoding="utf-8"))
        compile(text, self.file, "exec")
        place.write_text(text, encoding="utf-8")


def bugs() -> list[Bug]:
    """Every bug, in the order of the file."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["bug"]
    return [Bug(**{**one, "tests": tuple(one["tests"])}) for one in found]
