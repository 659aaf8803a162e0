"""A whole address pasted into a form, and taken apart into its fields: in the book and at checkout."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict

from chalicelib.contexts.members.model.addresses import CHINA
from chalicelib.contexts.members.model.parsing import PASTE_LENGTH_MAX, parsed
from chalicelib.web.forms import Fields, FieldView
from chalicelib.web.i18n import N_, Words
from chalicelib.web.places import country_of

STEP_PASTE = "paste"
STEPS = (STEP_PASTE, "country", "district")
"""What a form of an address can be asked for, beyond taking it: to show itself filled in further."""


def further(typed: Fields) -> Fields:
    """Take what was pasted apart where that was asked for; what it does not tell stays as it was."""
    if typed.text("step") != STEP_PASTE:
        return typed
    found = {name: one for name, one in asdict(parsed(typed.text("paste"))).items() if one}
    kept = [(name, one) for name in typed for one in typed.all(name) if name not in found]
    return Fields([*kept, *found.items()])


class PasteView(Struct, frozen=True):
    """The field to paste into, which lies open where people are used to it."""

    field: FieldView
    is_open: bool


def paste_view(typed: Mapping[str, str], words: Words) -> PasteView:
    """Show the field, with what was pasted."""
    field = FieldView(
        name="paste",
        label=words.say(N_("Name, phone and address as one text")),
        kind="textarea",
        value=typed.get("paste", "")[:PASTE_LENGTH_MAX],
        is_required=False,
        hint=words.say(N_("You look the fields over before anything is kept.")),
    )
    return PasteView(field, is_open=bool(field.value) or country_of(typed, words) == CHINA)
