"""WeChat on websites: a QR code to scan, then a code for an access token.

https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.providers.login import Attempt, LoginDeclined, LoginRefused, Person, code_in, plain
from chalicelib.providers.login.asking import ask, words

OPEN = "https://open.weixin.qq.com"
API = "https://api.weixin.qq.com"
SCOPE = "snsapi_login"
LANGUAGES = {"zh-CN": "zh_CN", "en": "en"}


class WeChat:
    """A website application of the WeChat Open Platform."""

    def __init__(self, app_id: str, secret: str, url: str = "") -> None:
        self.app_id = app_id
        self._secret = secret
        self._open, self._api = url or OPEN, url or API

    def begin(self, attempt: Attempt) -> str:
        asked = {
            "appid": self.app_id,
            "redirect_uri": attempt.return_url,
            "response_type": "code",
            "scope": SCOPE,
            "state": attempt.state,
        }
        return f"{self._open}/connect/qrconnect?{urlencode(asked)}#wechat_redirect"

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Person:
        """Without a code the person said no. `unionid` is the same in all of a merchant's apps."""
        if not query.get("code") and not query.get("error"):
            raise LoginDeclined
        values = {
            "appid": self.app_id,
            "secret": self._secret,
            "code": code_in(query),
            "grant_type": "authorization_code",
        }
        given = self._ask("/sns/oauth2/access_token", values)
        openid = words(given, "openid")
        about = {
            "access_token": words(given, "access_token"),
            "openid": openid,
            "lang": LANGUAGES.get(attempt.locale, "en"),
        }
        person = self._ask("/sns/userinfo", about)
        if person.get("openid") != openid:
            raise LoginRefused
        return plain(
            given.get("unionid") or person.get("unionid") or openid, person.get("nickname")
        )

    def _ask(self, path: str, values: Mapping[str, str]) -> dict[str, Any]:
        found, _ = ask("GET", f"{self._api}{path}", values)
        if found.get("errcode"):
            raise LoginRefused
        return found
