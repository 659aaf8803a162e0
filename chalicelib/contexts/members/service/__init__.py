"""Use cases of members, by subject: addresses, birthdays, favourites, the profile and its picture."""

from chalicelib.contexts.members.service.addresses import (
    add_address,
    addresses_of,
    change_address,
    prefer_address,
    remove_address,
)
from chalicelib.contexts.members.service.avatars import (
    UploadForm,
    arrived,
    avatar_file,
    remove_avatar,
    upload_form,
)
from chalicelib.contexts.members.service.birthdays import birthday_of, change_birthday
from chalicelib.contexts.members.service.favourites import favourites_of, let_all_go, let_go, like
from chalicelib.contexts.members.service.privacy import forget_member, held_about
from chalicelib.contexts.members.service.profile import change_profile, profile_of

__all__ = [
    "UploadForm",
    "add_address",
    "addresses_of",
    "arrived",
    "avatar_file",
    "birthday_of",
    "change_address",
    "change_birthday",
    "change_profile",
    "favourites_of",
    "forget_member",
    "held_about",
    "let_all_go",
    "let_go",
    "like",
    "prefer_address",
    "profile_of",
    "remove_address",
    "remove_avatar",
    "upload_form",
]
