"""Files of people: rows in and out of CSV, however the file was made, within bounded memory.

Reading: the encoding and the separator are told from the file itself (RFC 4180 and what spreadsheets do beside
it). Writing: cells that a spreadsheet would take for a formula get an apostrophe in front, as OWASP's "CSV
Injection" advises, and reading takes exactly that apostrophe off again.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

LARGEST_BYTES = 50 * 1024 * 1024
LONGEST_LINE = 64 * 1024  # letters
LONGEST_CELL = 8 * 1024
MOST_COLUMNS = 200
SAMPLE_ROWS = 50

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
}
csv.field_size_limit(LONGEST_LINE)  # a quotation mark that is never closed swallows no more than that
_FORMULA = re.compile(r"[\s'\"]*[=+\-@\t\r\n＝＋－＠]")
_ADDRESS = re.compile(r"[^\s@,;|\"]+@[^\s@,;|\"]+")
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class BadFile(ValueError):
    """This is no file of people that we can read. The text says why, with the line where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `number` is the one a spreadsheet shows: empty rows count."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file was read, and its rows, which may be taken once."""

    encoding: str
    separator: str
    header: list[str]  # made up ("Column 1") when the file has none
    has_header: bool
    rows: Iterator[Row]

    @property
    def read_as(self) -> str:
        names = "" if self.has_header else ", no line of names"
        return f"{_ENCODINGS[self.encoding]}, {_SEPARATORS[self.separator]}{names}"


def read(file: BinaryIO) -> Reading:
    """Look at a file that can be rewound and begin to read it.

    Raises BadFile now for what no row can be read from; taking the rows raises it for a broken one.
    """
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise BadFile("This file is empty.")
    if size > LARGEST_BYTES:
        raise BadFile(
            f"This file has {size / 1024**2:.0f} MB; the largest we take has {LARGEST_BYTES // 1024**2}. "
            "Divide it and bring the parts one after the other."
        )
    encoding = _encoding(file)
    separator, skip = _separator(_start(file, encoding))
    with closing(_rows(file, encoding, separator, skip)) as first:
        sample = list(islice(first, SAMPLE_ROWS))
    if not sample:
        raise BadFile("There is no row in this file.")
    has_header = _has_header(sample)
    width = max(len(row.cells) for row in sample)
    names = sample[0].cells if has_header else []
    header = [names[i].strip() if i < len(names) and names[i].strip() else f"Column {i + 1}" for i in range(width)]
    rows = _rows(file, encoding, separator, skip)
    if has_header:
        next(rows)
    return Reading(encoding=encoding, separator=separator, header=header, has_header=has_header, rows=rows)


def write(rows: Iterable[Sequence[str]], *, raw: bool = False) -> Iterator[str]:
    """Rows as CSV, line by line, UTF-8 without a mark. `raw`: for machines, nothing is put in front of formulas."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(row if raw else [guard(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def guard(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet would calculate."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """What `guard` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def is_formula(cell: str) -> bool:
    return bool(_FORMULA.match(cell)) and cell.strip()[:1] in "=＝"


def _encoding(file: BinaryIO) -> str:
    """UTF-8 and UTF-16 prove themselves; what is neither was written on Windows, most likely."""
    file.seek(0)
    start = file.read(4096)
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    if start.count(0) > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    if 0 in start:
        raise BadFile("This is no text file. Save the table as CSV and bring that.")
    if start.startswith(b"PK\x03\x04"):
        raise BadFile("This is a spreadsheet or an archive, not a text file. Save the table as CSV and bring that.")
    return next(encoding for encoding in ("utf-8", "cp1252", "latin-1") if _decodes(file, encoding))


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _start(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(file.read(LONGEST_LINE))


def _separator(start: str) -> tuple[str, int]:
    """The separator that frees the most addresses and makes rows alike; how many lines to skip for Excel's own hint."""
    if (found := _EXCEL_HINT.match(start)) and found[1] in _SEPARATORS:
        return found[1], 1
    lines = list(islice(io.StringIO(start, newline=""), SAMPLE_ROWS))
    return max(_SEPARATORS, key=lambda separator: _likeness(lines, separator)), 0


def _likeness(lines: list[str], separator: str) -> tuple[int, int, int]:
    """Rows with a cell that is an address and nothing else, rows of one width, that width."""
    try:
        found = [row for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return (0, 0, 0)
    with_address = sum(any(_ADDRESS.fullmatch(cell.strip()) for cell in row) for row in found)
    widths = Counter(map(len, found))
    width, rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
    return (with_address, rows, width) if width > 1 else (0, 0, 0)


def _has_header(sample: list[Row]) -> bool:
    """The first row names the columns when no cell of it holds an address and one of another row does."""
    with_address = [any("@" in cell for cell in row.cells) for row in sample]
    return not with_address[0] and (any(with_address) or len(sample) == 1)


def _rows(file: BinaryIO, encoding: str, separator: str, skip: int) -> Generator[Row]:
    """The rows from the start of the file; close it before the file is read in another way."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    lines = _lines(text)
    for _ in range(skip):
        next(lines, "")
    reader = csv.reader(lines, delimiter=separator)
    try:
        for number, cells in enumerate(reader, 1 + skip):
            if any(cell.strip() for cell in cells):
                yield Row(number=number, cells=_checked(cells, number))
    except csv.Error as error:
        reason = "a quotation mark is never closed" if "limit" in str(error) else str(error)
        raise BadFile(f"Line {reader.line_num} cannot be read: {reason}.") from None
    except UnicodeError:
        raise BadFile(
            f"After line {reader.line_num} the file is not {_ENCODINGS[encoding]} any more. Save it as UTF-8."
        ) from None
    finally:
        text.detach()  # else forgetting the wrapper would close the file


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise BadFile(f"Line {number} is longer than {LONGEST_LINE:,} letters. Is this a table?")
        if "\0" in line:
            raise BadFile(f"Line {number} holds a NUL, which no text does. Save the table as CSV anew.")
        yield line


def _checked(cells: list[str], number: int) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise BadFile(f"Row {number} has {len(cells):,} columns; the most we take is {MOST_COLUMNS}.")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        raise BadFile(
            f"Row {number} holds a cell of more than {LONGEST_CELL:,} letters. "
            "Perhaps a quotation mark is never closed."
        )
    return [unguard(cell) for cell in cells]
