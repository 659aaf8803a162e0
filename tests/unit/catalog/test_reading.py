"""Reading a CSV file: bytes to rows, each with where it begins and ends."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.catalog.model.importing import Row
from chalicelib.contexts.catalog.model.reading import LINE_BYTES_MAX, Table, examine
from chalicelib.contexts.catalog.model.refusals import (
    ImportColumnsMissing,
    ImportEmpty,
    ImportNotText,
    ImportUnreadable,
)
from chalicelib.kernel.errors import Malformed, Refusal
from tests.makers.sheets import a_row, a_sheet

HEADER = b"Handle,Title,Variant Price\n"


def rows_of(*pieces: bytes) -> list[Row]:
    return [row for row, _, _ in Table(pieces).rows()]


def pieces_of(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


class TestRows:
    def test_cells_are_known_by_what_they_mean(self) -> None:
        (row,) = rows_of(a_sheet(a_row("tee", body="<p>a,\nb</p>", price=" 5.00 ")))
        assert (row.number, row["handle"], row["price"]) == (2, "tee", "5.00")
        assert row["body"] == "<p>a,\nb</p>"
        assert row["compare_at"] == ""

    def test_newer_column_names_are_read_too(self) -> None:
        (row,) = rows_of(b"Title,URL handle,Price,SKU,Inventory quantity\nTee,tee,5,T1,3\n")
        assert [row[name] for name in ("title", "handle", "price", "sku", "quantity")] == [
            "Tee",
            "tee",
            "5",
            "T1",
            "3",
        ]

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
    def test_with_and_without_a_byte_order_mark(self, newline: bytes) -> None:
        body = newline.join([b"Handle,Title,Variant Price", "tee,é,1".encode(), b""])
        assert rows_of(body) == rows_of(b"\xef\xbb\xbf" + body)
        assert rows_of(body)[0]["title"] == "é"

    def test_a_row_may_span_lines_and_counts_once(self) -> None:
        body = HEADER + b'a,"one\ntwo\nthree",1\nb,B,2\n'
        assert [row.number for row in rows_of(body)] == [2, 3]

    def test_blank_rows_count_and_are_passed_over(self) -> None:
        assert [row.number for row in rows_of(HEADER + b"a,A,1\n\n,,\nb,B,2\n")] == [2, 5]

    def test_a_row_with_too_many_cells_is_refused_and_the_rest_is_read(self) -> None:
        table = Table([HEADER + b"a,A,1,5,6\nb,B,2\nc,C,3,,\n"])
        assert [row["handle"] for row, _, _ in table.rows()] == ["b", "c"]
        assert [(one.row, one.code) for one in table.remarks] == [(2, "import.cells_wrong")]

    def test_a_row_that_breaks_quoting_is_refused_and_the_rest_is_read(self) -> None:
        table = Table([HEADER + b'a,"A" tall,1\nb,B,2\n'])
        assert [row["handle"] for row, _, _ in table.rows()] == ["b"]
        assert [(one.row, one.code) for one in table.remarks] == [(2, "import.row_unreadable")]

    def test_short_rows_lack_their_last_cells(self) -> None:
        (row,) = rows_of(HEADER + b"a,A\n")
        assert row["price"] == ""


class TestGoingOn:
    ROWS = tuple(a_row(f"tee-{n}", body="<p>ü\n" + "x" * n + "</p>") for n in range(12))

    @pytest.mark.parametrize("size", [1, 7, 64, 100_000])
    @pytest.mark.parametrize("bom", [True, False])
    def test_pieces_may_be_cut_anywhere(self, size: int, bom: bool) -> None:
        body = a_sheet(*self.ROWS, bom=bom)
        assert rows_of(*pieces_of(body, size)) == rows_of(body)

    @pytest.mark.parametrize("stop", range(12))
    def test_reading_goes_on_behind_any_row(self, stop: int) -> None:
        body = a_sheet(*self.ROWS, bom=True)
        whole = list(Table([body]).rows())
        row, begins, ends = whole[stop]
        table = Table([body])
        table.go_on([body[ends:]], ends, row.number)
        assert list(table.rows()) == whole[stop + 1 :]
        assert body[begins:ends].startswith(f"tee-{stop},".encode())


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            (b"", ImportEmpty),
            (b" \r\n\n", ImportEmpty),
            (HEADER, ImportEmpty),
            (HEADER + b"\n,,\n", ImportEmpty),
            (b"Handle,Title\na,A\n", ImportColumnsMissing),
            (b"a;b;c\n1;2;3\n", ImportColumnsMissing),
            (b'{"handle": "a"}', ImportColumnsMissing),
            (HEADER + "a,Café,1\n".encode("latin-1"), ImportNotText),
            ("Handle,Title,Variant Price\na,A,1\n".encode("utf-16"), ImportNotText),
            (HEADER + "a,Caf\ufffd,1\n".encode(), ImportNotText),
            (b"\x89PNG\r\n\x1a\n\x00\x00", ImportNotText),
            (HEADER + b"a,\x00,1\n", ImportNotText),
            (HEADER + b'a,"never closed,1\nb,B,2\n', ImportUnreadable),
            (b'Handle,Title,"Variant Price', ImportUnreadable),
            (b"Handle,Title,Variant Price\ra,A,1\r", ImportUnreadable),
            (HEADER + b'a,"' + b"x" * 1_100_000 + b'",1\n', ImportUnreadable),
        ],
        ids=[
            "empty",
            "blank",
            "header alone",
            "blank rows",
            "no price",
            "semicolons",
            "json",
            "latin 1",
            "utf 16",
            "mangled",
            "picture",
            "zero bytes",
            "open quote",
            "open header",
            "old macintosh",
            "endless cell",
        ],
    )
    def test_a_small_file_is_judged_at_once(self, body: bytes, refusal: type[Refusal]) -> None:
        with pytest.raises(refusal) as refused:
            examine(body)
        assert refused.value.status == 400

    def test_the_missing_columns_are_named(self) -> None:
        with pytest.raises(ImportColumnsMissing, match="'Handle', 'Variant Price'"):
            examine(b"Title\nTee\n")

    def test_a_file_without_lines_is_not_gathered_in_memory(self) -> None:
        def endless() -> Iterator[bytes]:
            while True:
                yield b"x" * 100_000

        with pytest.raises(ImportUnreadable, match=str(LINE_BYTES_MAX)):
            Table(endless())

    def test_a_late_byte_that_is_not_utf8_ends_the_reading_there(self) -> None:
        rows = Table([HEADER, b"a,A,1\n", b"b,\xff,2\n"]).rows()
        assert next(rows)[0]["handle"] == "a"
        with pytest.raises(ImportNotText, match="Byte 35"):
            next(rows)

    @given(st.binary(max_size=300))
    def test_no_bytes_do_anything_but_be_read_or_refused(self, body: bytes) -> None:
        for whole in (body, HEADER + body):
            with suppress(Malformed):
                examine(whole)
                list(Table([whole]).rows())
