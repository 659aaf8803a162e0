"""A person at a browser: every complaint of it is remembered."""

import re
from typing import Any

from tests.makers import axe

FIELDS = {
    "email": "ada@shopper.example",
    "name": "Ada Example",
    "phone": "+442079460000",
    "line1": "1 Example Street",
    "city": "London",
    "postal_code": "N1 1AA",
}
AT_HOME = {
    "email": "ada@shopper.example",
    "paste": "陈爱达 13812345678 广东省深圳市南山区科技园南路18号",
}
"""How a Chinese shopper tells the same: the address pasted whole."""
HEIGHT = 844


class Visitor:
    """One browser window. A broken rule of the content security policy is a line of the console."""

    def __init__(
        self, browser: Any, width: int, *, has_scripts: bool = False, language: str = "en"
    ) -> None:
        self.has_scripts, self.language = has_scripts, language
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=has_scripts,
            locale="zh-CN" if language == "zh" else "en-GB",
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._lost)

    def _said(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _lost(self, request: Any) -> None:
        """Note what could not be loaded; what a click left behind unfinished is no complaint."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def press(self, name: str) -> None:
        """Press the first button or link of this name."""
        pattern = re.compile(name)
        button = self.page.get_by_role("button", name=pattern)
        found = button if button.count() else self.page.get_by_role("link", name=pattern)
        found.first.click()

    def fill(self, fields: dict[str, str]) -> None:
        for name, value in fields.items():
            self.page.locator(f'main [name="{name}"]').fill(value)

    def step(self, value: str) -> None:
        """Press the button of a form that takes this step, as its last and visible one."""
        self.page.locator(f"main button[name=step][value={value}]:not([aria-hidden])").last.click()

    def has_arrived(self, path: str, *, is_new: bool = True) -> None:
        """The page of this path is here: in the visitor's language, no wider than the screen, and
        without a fault that axe could find. It is not asked again about a page that is not new to
        it, which the tests of pages ask it about in every state.
        """
        self.page.wait_for_url(re.compile(path))
        self.page.wait_for_load_state("networkidle" if self.has_scripts else "load")
        lang = self.page.locator("html").get_attribute("lang")
        assert lang == {"en": "en", "zh": "zh-CN"}[self.language]
        box = self.page.locator("main").bounding_box()
        assert box, f"{self.page.url} has a main part"
        assert box["width"] <= self.page.viewport_size["width"]
        if self.has_scripts and is_new:
            assert axe.violations(self.page) == [], self.page.url

    def close(self) -> None:
        self.context.close()
