"""The picture that stands for a member: which upload counts, and what is left to be removed.

Uploads are told late, twice and in any order. Each has the id of the form that took it, a ULID, and
so has a removal: what is older than the last that counted counts no more.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

SIDES_PX = (96, 192)
"""A picture is shown at 56 pixels a side: enough for screens of up to three dots a pixel."""
UPLOADS = "avatars"
_KEY = re.compile(UPLOADS + r"/([A-Za-z0-9_]{1,64})/([0-9A-HJKMNP-TV-Z]{26})")


class Avatar(Struct, frozen=True):
    """Where the files are (nowhere: initials are shown), why the last upload was refused.

    `last` is the upload or removal that counted last; `former` are folders still to be removed.
    """

    folder: str = ""
    last: str = ""
    problem: str = ""
    former: tuple[str, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder in which there may be files."""
        return (*filter(None, [self.folder]), *self.former)


class Upload(Struct, frozen=True):
    """One upload of one member."""

    account_id: str
    id: str

    @property
    def key(self) -> str:
        return f"{UPLOADS}/{self.account_id}/{self.id}"


def upload_of(key: str) -> Upload | None:
    """Read an upload from the name of its file; None for a name that no form gives."""
    found = _KEY.fullmatch(key)
    return Upload(found.group(1), found.group(2)) if found else None


def is_upload_id(text: str) -> bool:
    return upload_of(Upload("a", text).key) is not None


def shown(avatar: Avatar, upload_id: str, folder: str) -> Avatar:
    """Show what an upload brought, and let go of what was shown before; unless it is outdated."""
    if upload_id < avatar.last:
        return avatar
    former = tuple(one for one in avatar.folders if one != folder)
    return Avatar(folder, upload_id, "", former)


def refused(avatar: Avatar, upload_id: str, problem: str) -> Avatar:
    """Say why an upload is not shown; what was shown before stays. Unless it is outdated."""
    if upload_id < avatar.last:
        return avatar
    return replace(avatar, last=upload_id, problem=problem)


def removed(avatar: Avatar, removal_id: str) -> Avatar:
    """Show initials again; whatever was handed in before counts no more. Twice is once."""
    if not avatar.folder:
        return avatar
    return Avatar("", removal_id, "", avatar.folders)


def tidied(avatar: Avatar, gone: tuple[str, ...]) -> Avatar:
    """Forget folders whose files are gone."""
    return replace(avatar, former=tuple(one for one in avatar.former if one not in gone))


def names() -> list[str]:
    """The files in a folder."""
    return [f"{side}.{ending}" for side in SIDES_PX for ending in ("webp", "jpg")]
