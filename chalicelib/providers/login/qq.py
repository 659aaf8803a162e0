"""QQ Connect: a code for a token, the token for an openid, both for a nickname.

https://wiki.connect.qq.com/使用authorization_code获取access_token
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.providers.login import Attempt, LoginDeclined, LoginRefused, Person, code_in, plain
from chalicelib.providers.login.asking import ask, words

GRAPH = "https://graph.qq.com"
SCOPE = "get_user_info"


class Qq:
    """A website application of QQ Connect."""

    def __init__(self, app_id: str, secret: str, url: str = "") -> None:
        self.app_id = app_id
        self._secret = secret
        self._graph = url or GRAPH

    def begin(self, attempt: Attempt) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.app_id,
            "redirect_uri": attempt.return_url,
            "state": attempt.state,
            "scope": SCOPE,
        }
        return f"{self._graph}/oauth2.0/authorize?{urlencode(asked)}"

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Person:
        """The token names nobody: `/me` does, and for which application it was given."""
        if query.get("usercancel", "0") != "0":
            raise LoginDeclined
        values = {
            "grant_type": "authorization_code",
            "client_id": self.app_id,
            "client_secret": self._secret,
            "code": code_in(query),
            "redirect_uri": attempt.return_url,
            "fmt": "json",
        }
        token = words(self._ask("/oauth2.0/token", values), "access_token")
        me = self._ask("/oauth2.0/me", {"access_token": token, "unionid": "1", "fmt": "json"})
        if str(me.get("client_id")) != self.app_id:
            raise LoginRefused
        openid = words(me, "openid")
        about = {"access_token": token, "oauth_consumer_key": self.app_id, "openid": openid}
        person = self._ask("/user/get_user_info", about)
        if person.get("ret") != 0:
            raise LoginRefused
        return plain(me.get("unionid") or openid, person.get("nickname"))

    def _ask(self, path: str, values: Mapping[str, str]) -> dict[str, Any]:
        found, _ = ask("GET", f"{self._graph}{path}", values)
        if found.get("error"):
            raise LoginRefused
        return found
