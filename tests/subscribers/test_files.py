"""T-CSV-1 and T-CSV-2 of the security list, and the files people really have."""

import io
import resource
import subprocess
import sys
import textwrap
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.subscribers import files
from newsletter.subscribers.files import BadFile, Reading

TABLE = "address,name\nada@example.org,Ada\nbo@example.org,Bö\n"
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def read(data: bytes | str) -> Reading:
    return files.read(io.BytesIO(data.encode() if isinstance(data, str) else data))


def rows(data: bytes | str) -> list[list[str]]:
    return [row.cells for row in read(data).rows]


def written(table: Sequence[Sequence[str]], *, raw: bool = False) -> bytes:
    return "".join(files.write(table, raw=raw)).encode()


PEOPLE = [["ada@example.org", "Ada"], ["bo@example.org", "Bö"]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_separator_is_told_from_the_file(separator: str, newline: str) -> None:
    found = read(TABLE.replace(",", separator).replace("\n", newline))

    assert found.separator == separator
    assert found.header == ["address", "name"]
    assert [row.cells for row in found.rows] == PEOPLE


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_told_where_it_can_be(encoding: str, told: str) -> None:
    found = read(TABLE.encode(encoding))

    assert found.read_as == f"{told}, commas"
    assert [row.cells for row in found.rows] == PEOPLE


def test_a_late_letter_of_windows_changes_the_encoding_of_the_whole() -> None:
    data = b"address,name\n" + b"ada@example.org,Ada\n" * 200_000 + "zoë@example.org,Zoë\n".encode("cp1252")

    assert read(data).encoding == "cp1252"


def test_a_file_without_a_line_of_names_loses_no_row() -> None:
    found = read("ada@example.org;Ada\nbo@example.org;Bö\n")

    assert found.header == ["Column 1", "Column 2"]
    assert found.read_as == "UTF-8, semicolons, no line of names"
    assert [(row.number, *row.cells) for row in found.rows] == [(1, *PEOPLE[0]), (2, *PEOPLE[1])]


def test_a_column_of_addresses_alone_is_a_file() -> None:
    assert rows("ada@example.org\nbo@example.org\n") == [["ada@example.org"], ["bo@example.org"]]


def test_rows_have_the_number_that_a_spreadsheet_shows() -> None:
    found = read('address,name\nada@example.org,"A\nda"\n\n,\nbo@example.org,Bo\n')

    assert [row.number for row in found.rows] == [2, 5]


def test_excels_own_hint_is_followed_and_no_row() -> None:
    found = read("sep=;\r\naddress;name\r\nada@example.org;a,b,c,d\r\n")

    assert found.header == ["address", "name"]
    assert [row.cells for row in found.rows] == [["ada@example.org", "a,b,c,d"]]


def test_commas_in_quotes_separate_nothing() -> None:
    assert rows('name;address\n"Okafor, Marta, Dr";m@example.org\n"Bo, C";b@example.org\n') == [
        ["Okafor, Marta, Dr", "m@example.org"],
        ["Bo, C", "b@example.org"],
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n ,\n", "no row"),
        (b"PK\x03\x04" + bytes(range(1, 200)), "Save the table as CSV"),
        (b"address\n" + b"\0" + b"a@example.org\n", "no text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no text file"),
        ("address,name\nada@example.org," + "x" * 70_000, "Line 2 is longer"),
        ('address,name\nada@example.org,"never closed\n' + "bo@example.org,Bo\n" * 10_000, "never closed"),
        ("a,b@example.org\n" + "x," * 1000 + "\n", "Row 2 has 1,001 columns"),
        ("address\nada@example.org\n".encode("utf-16") + b"\xd8", "not UTF-16"),
        (b"\xef\xbb\xbfaddress,name\nada@example.org,\xff\xfe\n", "not UTF-8"),
    ],
)
def test_t_csv_2_what_cannot_be_read_gets_one_sentence(data: bytes | str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        rows(data)


def test_a_file_over_50_mb_is_refused_before_it_is_read() -> None:
    class Large(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 51 * 1024 * 1024 if whence == io.SEEK_END else super().seek(offset, whence)

        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("read")

    with pytest.raises(BadFile, match="51 MB"):
        files.read(Large())


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="memory cannot be bounded on this system")
@pytest.mark.parametrize(
    "table",
    [
        "b'a@example.org,' + b'x' * 50_000_000",
        "b'a,' * 25_000_000",
        "b'a@example.org,\"' + b'x\\n' * 24_000_000",
        "b'a@example.org,Ada\\n' * 300_000",
    ],
)
def test_t_csv_2_fifty_megabytes_of_anything_take_bounded_memory(table: str) -> None:
    """The file itself lies on the disk in life; here it is the only large thing in 320 MB."""
    program = f"""
        import io, resource
        from newsletter.subscribers import files
        data = {table}
        file = io.BytesIO(data)
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 40_000_000, -1))
        try:
            count = sum(1 for _ in files.read(file).rows)
        except files.BadFile as error:
            print(error)
        else:
            print(count)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6))
@example([["", "|\x1e|"]])
@example([["", "", "|"], ["", "|"]])
@example([["=1+1", "'=1+1"], ["''@x", "\t=a"], ['"+1', "'\"'-"], ["\r=x", "＝1"]])
def test_t_csv_1_what_was_written_is_read_back_unchanged(table: list[list[str]]) -> None:
    marked = [["a@example.org", *row] for row in table]

    assert rows(written(marked)) == marked


@given(CELLS)
def test_t_csv_1_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    guarded = files.guard(cell)

    assert not guarded.lstrip(" '\"").startswith(("=", "+", "-", "@")) or guarded.startswith("'")
    assert files.unguard(guarded) == cell


def test_a_raw_export_puts_nothing_in_front() -> None:
    assert written([["=1+1", "@x"]], raw=True) == b"=1+1,@x\r\n"
    assert written([["=1+1", "@x"]]) == b"'=1+1,'@x\r\n"


def test_reading_leaves_the_file_open() -> None:
    file = io.BytesIO(TABLE.encode())
    list(files.read(file).rows)

    assert not file.closed


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_a_sentence(data: bytes) -> None:
    assert told(data).endswith((".", "?"))


def told(data: bytes) -> str:
    try:
        return f"{len(rows(data))} rows."
    except BadFile as error:
        return str(error)
