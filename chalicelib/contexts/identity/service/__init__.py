"""Use cases of identity, by subject: accounts, sessions, keys."""

from chalicelib.contexts.identity.service.accounts import (
    account,
    add_staff,
    audit_trail,
    bootstrap_platform,
    joining,
    register,
)
from chalicelib.contexts.identity.service.keys import (
    api_keys,
    first_api_key,
    make_api_key,
    merchant,
    merchant_in,
    merchant_place,
    revoke_api_key,
)
from chalicelib.contexts.identity.service.linked import (
    account_linked_to,
    link,
    linked_logins,
    sign_in_linked,
    unlink,
)
from chalicelib.contexts.identity.service.privacy import closing, end_sessions, held_about
from chalicelib.contexts.identity.service.sessions import (
    caller,
    maybe_member,
    member,
    member_in,
    member_place,
    session,
    sign_in,
    sign_in_console,
    sign_in_page,
    sign_out,
)

__all__ = [
    "account",
    "account_linked_to",
    "add_staff",
    "api_keys",
    "audit_trail",
    "bootstrap_platform",
    "caller",
    "closing",
    "end_sessions",
    "first_api_key",
    "held_about",
    "joining",
    "link",
    "linked_logins",
    "make_api_key",
    "maybe_member",
    "member",
    "member_in",
    "member_place",
    "merchant",
    "merchant_in",
    "merchant_place",
    "register",
    "revoke_api_key",
    "session",
    "sign_in",
    "sign_in_console",
    "sign_in_linked",
    "sign_in_page",
    "sign_out",
    "unlink",
]
