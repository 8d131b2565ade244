"""A file that somebody sent is told by its content, made anew, and refused kindly where it is not what it should be."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from hostile import ODD, SECRET, bomb, pdf, pdf_bomb, picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from acuerdo.adapters.documents.rewriting import NEVER, rewritten
from acuerdo.adapters.documents.washing import WORDS, named, wash
from acuerdo.service.documents import NotTaken


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
async def test_a_picture_comes_out_as_a_picture_and_nothing_else(form: str, mode: str) -> None:
    sent = picture(form, mode=mode)
    kept = await wash(sent, "IMG_2041.heic")
    assert kept.mime == "image/jpeg"
    assert kept.name == "IMG_2041.jpg"
    assert SECRET.encode() in sent
    assert SECRET.encode() not in kept.data
    with Image.open(io.BytesIO(kept.data)) as shown:
        assert (shown.width, shown.height) == (480, 640), "it is upright, as the phone was held"
        assert not shown.getexif()


def test_a_large_picture_is_made_small_enough_to_read_and_keep() -> None:
    told = rewritten(picture(size=(5000, 3000)))
    with Image.open(io.BytesIO(told.data)) as shown:
        assert max(shown.size) == 2400


def test_what_is_see_through_is_on_white() -> None:
    told = rewritten(picture("PNG", mode="RGBA"))
    with Image.open(io.BytesIO(told.data)) as shown:
        assert shown.getpixel((20, 20)) != (0, 0, 0)
    clear = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(clear, "PNG")
    with Image.open(io.BytesIO(rewritten(clear.getvalue()).data)) as shown:
        assert shown.getpixel((25, 25)) == (255, 255, 255)


async def test_of_a_pdf_only_its_pages_are_kept() -> None:
    sent = pdf(2, hostile=True)
    kept = await wash(sent, "../../etc/recibo.PDF")
    assert (kept.mime, kept.name) == ("application/pdf", "recibo.pdf")
    for hidden in (b"JavaScript", b"evil.example", b"harmful", b"calc.exe", SECRET.encode(), b"OpenAction", b"/URI"):
        assert hidden not in kept.data
    with pikepdf.open(io.BytesIO(kept.data)) as opened:
        assert len(opened.pages) == 2
        assert b"Comprobante 1042" in opened.pages[0].Contents.read_bytes()
        assert not list(opened.attachments)
        assert not opened.docinfo.keys()
        found = {
            str(name)
            for one in opened.objects
            if isinstance(one, pikepdf.Dictionary | pikepdf.Stream)
            for name in one.keys()  # noqa: SIM118 - it is no mapping
        }
        assert not found & set(NEVER)


def test_the_hostile_pdf_is_hostile() -> None:
    with pikepdf.open(io.BytesIO(pdf(hostile=True))) as armed:
        assert "/OpenAction" in armed.Root
        assert list(armed.attachments) == ["virus.exe"]


@pytest.mark.parametrize("name", ODD)
async def test_what_is_neither_is_refused_whatever_its_name(name: str) -> None:
    with pytest.raises(NotTaken) as refused:
        await wash(ODD[name], name)
    assert str(refused.value) == WORDS["unknown"]


HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 40


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (bomb, "large"),
        (pdf_bomb, "broken"),
        (lambda: pdf(password="1234"), "locked"),
        (lambda: pdf(31), "long"),
        (lambda: pdf()[:200], "broken"),
        (lambda: picture()[:300], "broken"),
        (lambda: b"%PDF-1.7\n", "broken"),
        (lambda: HEIC, "heic"),
        (lambda: b"", "empty"),
    ],
)
async def test_what_cannot_be_taken_says_what_to_do(sent: Callable[[], bytes], why: str) -> None:
    with pytest.raises(NotTaken) as refused:
        await wash(sent(), "x.png")
    assert str(refused.value) == WORDS[why]  # type: ignore[index]  # each of them is one of the table's


@pytest.mark.parametrize("why", WORDS.values())
def test_every_refusal_tells_what_to_do(why: str) -> None:
    assert any(word in why for word in ("Envíe", "enviar", "Intente", "Puede", "intente"))


@given(st.binary(max_size=400))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_bytes_are_refused_or_made_anew(sent: bytes) -> None:
    for start in (b"", b"%PDF-1.4\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"):
        told = rewritten(start + sent)
        assert bool(told.failure) != bool(told.data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("recibo.pdf", "recibo.jpg"),
        ("C:\\fotos\\mi recibo.PNG", "mi recibo.jpg"),
        ("../../passwd", "passwd.jpg"),
        ("", "comprobante.jpg"),
        ("....", "comprobante.jpg"),
        ('a"b\r\nX: 1.png', "a b X 1.jpg"),
        ("ñandú (1).jpeg", "ñandú (1).jpg"),
        ("x" * 300 + ".jpg", "x" * 80 + ".jpg"),
    ],
)
def test_a_name_is_safe_to_save_under(given: str, kept: str) -> None:
    assert named(given, "image/jpeg") == kept
