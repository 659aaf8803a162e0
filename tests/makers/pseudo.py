"""A language that nobody speaks, for finding what was never said through the catalogue."""

from typing import Any

from chalicelib.web import i18n


class Pseudo(i18n.Words):
    """A language that wears brackets and is two fifths longer, so that what is not said through the
    catalogue stands out."""

    def __init__(self) -> None:
        super().__init__("en")

    def say(self, message: str) -> str:
        return f"⟦{message}{'~' * (len(message) * 2 // 5 + 1)}⟧" if message else ""

    def plural(self, one: str, many: str, number: int) -> str:
        return self.say(one if number == 1 else many)

    def refusal(self, refusal: Any) -> str:
        return self.say(refusal.title)
