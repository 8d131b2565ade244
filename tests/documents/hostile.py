"""Files as people send them, and as those send them who mean harm."""

from __future__ import annotations

import io
import struct
import zlib

import pikepdf
from PIL import Image

SECRET = "tomada en casa de Ana"


def picture(form: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB") -> bytes:
    """A photograph of a receipt, with where it was taken and what else phones write in."""
    out = io.BytesIO()
    image = Image.new(mode, size, "white")
    for x in range(0, size[0], 40):
        image.paste("black", (x, 0, x + 10, size[1] // 2))
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = SECRET, 6  # a description, and that the phone was held upright
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, form, exif=exif) if form in ("JPEG", "PNG", "WEBP") else image.save(out, form)
    return out.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of some kilobytes that wants gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = packer.compress(b"\0" * 10_000_000) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf_bomb() -> bytes:
    """A PDF whose table of objects unpacks to gigabytes."""
    layer = b"0" * 50_000_000
    for _ in range(2):
        layer = zlib.compress(layer, 9)
    body = b"%PDF-1.5\n1 0 obj<</Type/ObjStm/N 100000000/First 4/Filter[/FlateDecode/FlateDecode]/Length "
    return (
        body + str(len(layer)).encode() + b">>stream\n" + layer + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def pdf(pages: int = 1, *, hostile: bool = False, password: str = "") -> bytes:
    """A bank's receipt; `hostile` hides in it all that a PDF can do."""
    new = pikepdf.new()
    for n in range(pages):
        new.add_blank_page(page_size=(300, 400))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        new.pages[n].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        new.pages[n].Contents = new.make_stream(b"BT /F1 18 Tf 20 300 Td (Comprobante 1042) Tj ET")
    if hostile:
        _arm(new)
    out = io.BytesIO()
    encryption = pikepdf.Encryption(owner=password, user=password) if password else False
    new.save(out, encryption=encryption)
    return out.getvalue()


def _arm(new: pikepdf.Pdf) -> None:
    name, script = pikepdf.Name, pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('hola')")
    new.Root.OpenAction = script
    new.Root.AA = pikepdf.Dictionary(WC=script)
    new.attachments["virus.exe"] = b"MZ harmful"
    new.docinfo["/Author"] = SECRET
    with new.open_metadata() as told:
        told["dc:description"] = SECRET
    new.Root.Names.JavaScript = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("a"), script]))
    page = new.pages[0]
    link = pikepdf.Dictionary(S=name.URI, URI="https://evil.example/")
    launch = pikepdf.Dictionary(S=name.Launch, F="calc.exe")
    page.Annots = pikepdf.Array(
        [
            new.make_indirect(pikepdf.Dictionary(Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 99, 99], A=one))
            for one in (link, launch, script)
        ]
    )
    page.AA = pikepdf.Dictionary(O=script)
    page.obj.PieceInfo = pikepdf.Dictionary(Private=SECRET)
    page.Metadata = new.make_stream(SECRET.encode())


ODD: dict[str, bytes] = {
    "recibo.jpg": b"MZ\x90\0 a program, by its first bytes",
    "recibo.pdf": b"<!doctype html><script>alert(1)</script>",
    "comprobante.png": b"GIF89a" + b"\0" * 60,
    "archivo.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "recibo.zip": b"PK\x03\x04" + b"\0" * 60,
    "nota.txt": "Pagué ayer".encode(),
}
