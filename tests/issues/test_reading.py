"""Files as people have them: any encoding that can be told, and a sentence for everything else."""

import codecs

import pytest

from newsletter.issues.reading import LONGEST_BYTES, Unreadable, read_text

WORDS = "## Café\n\nDas heißt: naïve “words”, 25 €\n"


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        codecs.BOM_UTF8 + WORDS.encode(),
        WORDS.encode("utf-16"),
        codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        WORDS.encode("utf-32"),
        WORDS.encode("cp1252"),
        WORDS.replace("\n", "\r\n").encode(),
    ],
)
def test_a_text_is_read_whatever_its_encoding(data: bytes) -> None:
    assert read_text(data) == WORDS


def test_latin_1_without_typographic_signs_is_read() -> None:
    assert read_text("Größe und Maß\n".encode("latin-1")) == "Größe und Maß\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (codecs.BOM_UTF8, "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04...", "Word"),
        (b"\x89PNG\r\n", "picture"),
        (b"abc\x00\x01\x02def", "binary"),
        (bytes(range(128, 256)) * 4, "encoding"),
        ("größer schön über".encode() + b" \xc3", "broken letters, first in line 1"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "UTF-16"),
        (b"a" * (LONGEST_BYTES + 1), "1 MB"),
        (b"a" * (50 * 1024 * 1024), "50 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[:4].hex()}_{len(value)}",
)
def test_anything_else_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as caught:
        read_text(data)

    assert str(caught.value).endswith(".")
