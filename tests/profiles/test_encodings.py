"""Text is read in the encoding that it is in, where that can be told, and in no other."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.profiles import encodings

TEXT = "Straße,Größe\r\nÄußere Gasse,3\r\n“Café”,4\r\n"


@pytest.mark.parametrize(
    ("codec", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_what_can_be_told_comes_out_as_it_was_written(
    tmp_path: Path, codec: str, said: str | None
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode(codec))
    made, encoding = encodings.utf8(path)
    assert encoding == said
    assert made.read_bytes().decode("utf-8-sig") == TEXT
    assert (made == path) == (said is None)
    assert path.read_bytes() == TEXT.encode(codec)


def test_big_endian_is_told_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert encodings.utf8(tmp_path / "t.csv").path.read_bytes().decode() == TEXT


OTHERS = {
    "Cyrillic": "имя,город\nАнна,Москва\n".encode("cp1251"),
    "Greek": "όνομα,πόλη\nΆννα,Αθήνα\n".encode("iso8859-7"),
    "Japanese": "名前,都市\n花子,東京\n".encode("shift-jis"),
    "damaged UTF-8": ("name,city\nAndré,Zürich\n" * 9).encode() + b"Andr\xe9,Bern\n",
    "UTF-8 cut in a letter": "x,y\nÄäÖö,é".encode()[:-1],
    "UTF-16 cut in a letter": "x,y\n1,2\n".encode("utf-16")[:-1],
    "half a pair": b"\xff\xfe" + "x,y\n1,".encode("utf-16-le") + b"\x00\xd8",
    "UTF-16 without a mark": "x,y\né,2\n".encode("utf-16-le"),
    "NUL": b"x,y\n\xe9,\0\n",
    "a code of no letter": b"x,y\n\xe9,\x81\n",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_cannot_be_told_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(OTHERS[kind])
    assert encodings.utf8(path) == (path, None)


def test_a_letter_across_two_pieces_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x\n" + b"a" * (encodings.CHUNK - 3) + "é\n".encode())
    assert encodings.told(path) is None


def test_a_hole_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("wb") as out:
        out.write("x,y\n".encode("utf-16"))
        out.truncate(1 << 40)
    begun = time.monotonic()
    with pytest.raises(DataError, match="holds NUL bytes"):
        encodings.utf8(tmp_path / "t.csv")
    assert time.monotonic() - begun < 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    assert encodings.utf8(tmp_path / "t.csv").encoding is None
