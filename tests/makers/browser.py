"""A browser without scripts: follows links and redirects, fills in and sends the forms of a page."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from tests.makers.http import Http, Reply

ORIGIN = "http://127.0.0.1:8000"
FOLLOWED_MAX = 5


@dataclass(frozen=True)
class Page:
    """What a browser shows: the answer, its document, and the address it ended at."""

    reply: Reply
    soup: BeautifulSoup
    address: str

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def text(self) -> str:
        """The words of the page, in single spaces."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def heading(self) -> str:
        found = self.soup.h1
        assert found is not None, "a page has a heading"
        return " ".join(found.get_text(" ").split())

    def one(self, selector: str) -> Tag:
        found = self.soup.select(selector)
        assert len(found) == 1, f"{len(found)} elements are {selector}"
        return found[0]

    def texts(self, selector: str) -> list[str]:
        return [" ".join(one.get_text(" ").split()) for one in self.soup.select(selector)]

    def form(self, action: str, *, holding: str = "") -> Tag:
        """Find the form with this action, and with an element inside where several have it."""
        forms = self.soup.select(f'form[action="{action}"]')
        fitting = [form for form in forms if not holding or form.select_one(holding)]
        assert fitting, f"there is no form to {action} on {self.address}"
        return fitting[0]


@dataclass
class Browser:
    """One visitor. `left_for` is where the last redirect led out of the shop."""

    http: Http = field(default_factory=Http)
    locale: str = "en"
    left_for: str = ""

    def get(self, path: str, **headers: str) -> Page:
        return self._page(self.http.get(path, **{"accept_language": self.locale, **headers}), path)

    def send(
        self, page: Page, form: Tag, *, press: str = "", follow: bool = True, **fields: str
    ) -> Page:
        """Send a form as it stands, with some fields typed over and a button pressed by its value.

        `__` in a field's name stands for a dot.
        """
        typed = {name.replace("__", "."): value for name, value in fields.items()}
        sent = {**values(form), **typed}
        if press:
            button = form.select_one(f'button[value="{press}"]') or page.soup.select_one(
                f'button[form="{form.get("id")}"][value="{press}"]'
            )
            assert button is not None, f"there is no button {press}"
            assert not button.has_attr("disabled"), f"the button {press} cannot be pressed"
            sent[str(button["name"])] = press
        return self.post(str(form["action"]), sent, follow=follow)

    def post(
        self, path: str, fields: dict[str, str], *, follow: bool = True, **headers: str
    ) -> Page:
        reply = self.http.form(path, fields, **{"accept_language": self.locale, **headers})
        return self._page(reply, path, follow=follow)

    def upload(self, page: Page, form: Tag, name: str, file: tuple[str, bytes]) -> Page:
        """Send a form with a file, as multipart/form-data."""
        parts = [
            f'--mark\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in values(form).items()
        ]
        head = f'--mark\r\nContent-Disposition: form-data; name="{name}"; filename="{file[0]}"\r\n'
        parts.append(
            head.encode() + b"Content-Type: text/csv\r\n\r\n" + file[1] + b"\r\n--mark--\r\n"
        )
        headers = {
            "content_type": "multipart/form-data; boundary=mark",
            "origin": ORIGIN,
            "sec_fetch_site": "same-origin",
            "accept_language": self.locale,
        }
        reply = self.http.send("POST", str(form["action"]), b"".join(parts), headers=headers)
        return self._page(reply, page.address)

    def _page(self, reply: Reply, path: str, *, follow: bool = True) -> Page:
        self.left_for = ""
        for _ in range(FOLLOWED_MAX):
            if not (follow and reply.status in {301, 303}):
                break
            place = reply.headers["location"]
            if urlsplit(place).netloc not in {"", urlsplit(ORIGIN).netloc}:
                self.left_for = place
                break
            path = place.removeprefix(ORIGIN)
            reply = self.http.get(path, accept_language=self.locale)
        return Page(reply, BeautifulSoup(reply.text, "html.parser"), path)


def values(form: Tag) -> dict[str, str]:
    """What a form would send as it stands, without any button."""
    found: dict[str, str] = {}
    for one in form.select("input[name], select[name], textarea[name]"):
        if one.has_attr("disabled"):
            continue
        name, kind = str(one["name"]), one.get("type", "text")
        if kind == "file" or (kind in {"radio", "checkbox"} and not one.has_attr("checked")):
            continue
        if one.name == "select":
            chosen = one.select_one("option[selected]") or one.select_one("option")
            found[name] = str(chosen["value"]) if chosen else ""
        elif one.name == "textarea":
            found[name] = one.get_text()
        else:
            found[name] = str(one.get("value", ""))
    return found
