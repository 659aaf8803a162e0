"""Forms as browsers send them: fields by name, files where a page takes them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.parser import BytesHeaderParser
from typing import TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from chalicelib.aws.idempotency import Answer as StoredAnswer
from chalicelib.aws.idempotency import IdempotencyKey, KeyWrong, Twin, answer_of
from chalicelib.kernel.errors import FieldError, Malformed, TooLarge, UnsupportedMedia

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORM_BYTES_MAX = 256 * 1024
UPLOAD_BYTES_MAX = 5 * 1024 * 1024 + FORM_BYTES_MAX
FIELDS_MAX = 500
NUMBER_DIGITS_MAX = 12
UNTRIMMED = {"password", "old_password", "new_password", "current_password"}
_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})"?')

R = TypeVar("R")


class File(Struct, frozen=True):
    """An uploaded file."""

    name: str
    content_type: str
    data: bytes


class FieldView(Struct, frozen=True, kw_only=True):
    """One field of a form as a template shows it: what was typed, and what is wrong with it."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    is_required: bool = True
    autocomplete: str = ""
    inputmode: str = ""
    hint: str = ""
    error: str = ""
    is_wide: bool = False
    depends: bool = False
    """Needed in some cases only: the browser does not ask for it, and nobody calls it optional."""
    choices: tuple[tuple[str, str], ...] = ()


class ChoiceView(Struct, frozen=True):
    """One of several: a tab, a sort order, a button. `href` or `value` is what it leads to."""

    label: str
    href: str = ""
    value: str = ""
    is_current: bool = False
    count: str = ""


class Fields(Mapping[str, str]):
    """A form's fields: the last value of each; `all` gives every value. Absent is "".

    Values are trimmed, passwords are not.
    """

    def __init__(
        self, pairs: Iterable[tuple[str, str]] = (), files: Mapping[str, File] | None = None
    ) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            kept = value if name in UNTRIMMED else value.strip()
            self._values.setdefault(name, []).append(kept)
        self.files = dict(files or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> str:
        """Return a field's value; empty where it was not sent."""
        return self.get(name, "")

    def all(self, name: str) -> list[str]:
        """Return every value sent under one name."""
        return self._values.get(name, [])

    def whole(self, name: str, *, least: int = 0) -> int:
        """Read a whole number. Refuses `request.malformed`, naming the field."""
        text = self.text(name)
        if not text.isascii() or not text.isdigit() or len(text) > NUMBER_DIGITS_MAX:
            raise wrong(name, "missing" if not text else "wrong_type")
        if int(text) < least:
            raise wrong(name, "out_of_range")
        return int(text)


def wrong(field: str, code: str = "invalid") -> Malformed:
    """Make the refusal that names one field of a form."""
    detail = f"{field}: {code}"
    return Malformed(detail, errors=[FieldError(field, code, detail)])


def read(raw: bytes, content_type: str, *, takes_files: bool = False) -> Fields:
    """Read a form's body. Refuses 413 and 415, and 400 for what no browser sends."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if len(raw) > (UPLOAD_BYTES_MAX if takes_files else FORM_BYTES_MAX):
        raise TooLarge
    if kind == MULTIPART and takes_files:
        return _multipart(raw, content_type)
    if kind != URLENCODED:
        raise UnsupportedMedia
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"
        )
    except ValueError:
        raise Malformed("The form cannot be read") from None
    return Fields(pairs)


def once(
    key: IdempotencyKey,
    perform: Callable[[IdempotencyKey], R],
    again: Callable[[str, StoredAnswer | None], R],
) -> R:
    """Perform a form's effect once, however often its button is pressed.

    `again(subject, answer)` answers a repetition; `answer` is None while it is not known yet.
    """
    row = key.find()
    if row is not None:
        return again(row.subject, answer_of(row))
    try:
        return perform(key)
    except Twin:
        row = key.find()
        if row is None:
            raise
        return again(row.subject, answer_of(row))


def key_of(fields: Fields, *, holder: str, path: str) -> IdempotencyKey:
    """Make the key of a form from its hidden field `key`; what else it says is its body."""
    if not fields.text("key"):
        raise KeyWrong
    said = sorted((name, *fields.all(name)) for name in fields if name != "csrf")
    return IdempotencyKey.make(
        credential=holder,
        method="POST",
        path=path,
        key=fields.text("key"),
        body=repr(said).encode(),
    )


def _multipart(raw: bytes, content_type: str) -> Fields:
    """Take a multipart/form-data body (RFC 7578) apart."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Malformed("The form has no boundary")
    pairs: list[tuple[str, str]] = []
    files: dict[str, File] = {}
    for part in raw.split(b"--" + found.group(1).encode())[1:-1]:
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
        name = headers.get_param("name", header="content-disposition")
        data = body.removesuffix(b"\r\n")
        if not isinstance(name, str):
            raise Malformed("A part of the form has no name")
        file_name = headers.get_filename()
        if file_name is None:
            pairs.append((name, data.decode("utf-8", errors="replace")))
        elif file_name:
            files[name] = File(file_name, headers.get_content_type(), data)
    return Fields(pairs, files)
