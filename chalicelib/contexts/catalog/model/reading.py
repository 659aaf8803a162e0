"""Reading a CSV file piece by piece: bytes to lines, lines to rows, each with where it ends."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib.contexts.catalog.model.importing import Row, columns_of
from chalicelib.contexts.catalog.model.jobs import Remark
from chalicelib.contexts.catalog.model.refusals import (
    ImportEmpty,
    ImportNotText,
    ImportUnreadable,
)

LINE_BYTES_MAX = 2_000_000
FIELD_CHARS_MAX = 1_000_000
BOM = b"\xef\xbb\xbf"
REPLACEMENT = "\ufffd"
HEADER_ROW = 1


class Table:
    """The rows of a file from its beginning. `remarks` gathers rows that cannot be read at all.

    Reads no further ahead than a line, so `offset` is where the last row ended. Refuses
    `import.not_utf8` and `import.unreadable` for what makes the rest of the file meaningless, and
    `import.empty` and `import.columns_missing` for its first row.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.remarks: list[Remark] = []
        self._use(_Lines(pieces))
        self.number = 0
        self.width = 0
        self.columns: Mapping[int, str] = {}
        header = self._record()
        if header is None:
            raise ImportEmpty
        self.columns = columns_of(header)

    @property
    def offset(self) -> int:
        """The byte behind the last row read."""
        return self._lines.offset

    def go_on(self, pieces: Iterable[bytes], offset: int, number: int) -> None:
        """Read on from another place of the same file: behind row `number`, at byte `offset`."""
        self._use(_Lines(pieces, offset))
        self.number = number

    def rows(self) -> Iterator[tuple[Row, int, int]]:
        """Read the rows that are left with the bytes where each begins and ends; no blank ones."""
        while True:
            begins = self.offset
            record = self._record()
            if record is None:
                return
            if any(cell.strip() for cell in record):
                row = self._row(record)
                if row is not None:
                    yield row, begins, self.offset

    def _use(self, lines: "_Lines") -> None:
        csv.field_size_limit(FIELD_CHARS_MAX)
        self._lines = lines
        self._reader = csv.reader(lines, strict=True)

    def _row(self, record: Sequence[str]) -> Row | None:
        if (
            any(cell.strip() for cell in record[max(self.columns) + 1 :])
            and len(record) > self.width
        ):
            detail = f"The row has {len(record)} cells, the header {self.width}"
            self.remarks.append(Remark(self.number, "import.cells_wrong", detail))
            return None
        cells = {
            name: record[place].strip()
            for place, name in self.columns.items()
            if place < len(record)
        }
        return Row(self.number, cells)

    def _record(self) -> list[str] | None:
        """Read one record; a row that breaks the rules of quoting is remarked upon and skipped."""
        while True:
            self.number += 1
            try:
                record = next(self._reader, None)
            except csv.Error as error:
                if self.number == HEADER_ROW or self._lines.is_over or "larger" in str(error):
                    raise ImportUnreadable(
                        f"Row {self.number}: {error}; is a quote left open?"
                    ) from None
                detail = f"The row cannot be read: {error}"
                self.remarks.append(Remark(self.number, "import.row_unreadable", detail))
                continue
            if self.number == HEADER_ROW and record is not None:
                self.width = len(record)
            return record


class _Lines:
    """Text lines of a stream of bytes, and how many bytes they took."""

    def __init__(self, pieces: Iterable[bytes], offset: int = 0) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._place = 0
        self.offset = offset
        self.is_over = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._line()
        if not line:
            self.is_over = True
            raise StopIteration
        text = line.removeprefix(BOM) if self.offset == 0 else line
        self.offset += len(line)
        if b"\0" in text:
            raise ImportNotText("The file holds bytes of zero: it is no text")
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ImportNotText(
                f"Byte {self.offset - len(line) + error.start} is not UTF-8; save the file as CSV UTF-8"
            ) from None

    def _line(self) -> bytes:
        while (found := self._piece.find(b"\n", self._place)) < 0:
            rest = self._piece[self._place :]
            if len(rest) > LINE_BYTES_MAX:
                raise ImportUnreadable(f"A line is longer than {LINE_BYTES_MAX} bytes")
            piece = next(self._pieces, b"")
            self._piece, self._place = rest + piece, 0
            if not piece:
                self._piece = b""
                return rest
        line = self._piece[self._place : found + 1]
        self._place = found + 1
        return line


def examine(body: bytes) -> None:
    """Judge a small file as a whole before a job is made of it.

    Refuses `import.empty`, `import.not_utf8`, `import.unreadable`, `import.columns_missing`. A gateway
    that took the file for text has put U+FFFD where bytes were not UTF-8.
    """
    if not body.strip():
        raise ImportEmpty
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ImportNotText(
            f"Byte {error.start} is not UTF-8; save the file as CSV UTF-8"
        ) from None
    if REPLACEMENT in text or "\0" in text:
        raise ImportNotText
    table = Table([body])
    rows = sum(1 for _ in table.rows())
    if not rows and not table.remarks:
        raise ImportEmpty("The file has a header and no rows")
