"""How a member is shown, as the member says."""

from msgspec.structs import replace

from chalicelib.contexts.members import store
from chalicelib.contexts.members.model import profile as model
from chalicelib.contexts.members.model.profile import Profile
from chalicelib.kernel.actors import Actor


def profile_of(actor: Actor) -> Profile:
    """Read the profile of the member who asks. One round trip."""
    return store.read(Profile, actor.as_member())


def change_profile(
    actor: Actor, *, nickname: str | None = None, locale: str | None = None
) -> Profile:
    """Change what is given. Refuses `request.malformed`, naming the field."""
    changes: dict[str, str] = {}
    if nickname is not None:
        changes["nickname"] = model.plain_nickname(nickname)
    if locale is not None:
        changes["locale"] = model.known_locale(locale)
    return store.change(Profile, actor.as_member(), lambda seen: replace(seen, **changes))
