"""Identity: who is asking. Accounts, sign-ins, sessions, API keys, and the audit trail.

Owns the table `identity`. Only hashes of passwords and tokens are kept, one-time codes not at all.
What a sign-in changes is in force at once. It emits `identity.CodeRequested` and reacts to no fact.
"""

from chalicelib.contexts.identity.model import Account, ApiKey, Session
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind, Role

__all__ = [
    "ANONYMOUS",
    "SYSTEM",
    "Account",
    "Actor",
    "ActorKind",
    "ApiKey",
    "Role",
    "Session",
]
