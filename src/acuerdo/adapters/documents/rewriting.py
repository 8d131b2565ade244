"""What is done to a file that nobody trusts, in a process that may not take much: it is read, and written anew.

An image is decoded and written again, so that nothing of the old bytes is left. Of a PDF only its pages are taken, and
from them everything that could act or carry something.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec
import pikepdf
from PIL import Image, ImageOps

Failure = Literal["unknown", "heic", "broken", "locked", "long", "large", "empty"]
MEMORY = 1 << 30  # bytes of address space that the process may have
SECONDS = 10  # of CPU
MOST_PIXELS = 40_000_000
MOST_PAGES = 30
LONGEST_SIDE = 2400  # pixels: more than enough to read a receipt
QUALITY = 88
FORMATS = ("JPEG", "PNG", "WEBP")
# What a page keeps; everything else of it goes.
OF_PAGE = frozenset({"/Type", "/Parent", "/Resources", "/Contents", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit"})
# What acts, carries or tells, wherever in a file it stands.
NEVER = (
    "/JS", "/JavaScript", "/AA", "/OpenAction", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/URI",
    "/RichMedia", "/Rendition", "/Sound", "/Movie", "/EmbeddedFiles", "/EF", "/AF", "/FileAttachment", "/Filespec",
    "/XFA", "/AcroForm", "/Annots", "/Metadata", "/PieceInfo", "/Names", "/Alternates", "/OPI", "/Ref",
)  # fmt: skip


# What a file that is not whole makes its readers say.
FAULTS = (OSError, ValueError, SyntaxError, MemoryError, RecursionError, TypeError, KeyError, pikepdf.PdfError)
NAMED = ("/Font", "/XObject", "/ExtGState")


class Told(msgspec.Struct, frozen=True):
    """The file anew, or why there is none."""

    mime: str = ""
    data: bytes = b""
    failure: Failure | Literal[""] = ""


class Refused(Exception):
    """This file is not taken; `why` tells which words the person gets."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why)
        self.why = why


def rewritten(data: bytes) -> Told:
    """The file made anew, told by its first bytes. Raises nothing: what cannot be taken says why."""
    try:
        return kind_of(data)(data)
    except Refused as why:
        return Told(failure=why.why)
    except pikepdf.PasswordError:
        return Told(failure="locked")
    except FAULTS:
        return Told(failure="broken")


def kind_of(data: bytes) -> Callable[[bytes], Told]:
    """What a file is by its first bytes. Raises Refused for what is neither an image nor a PDF."""
    if not data:
        raise Refused("empty")
    if data[:3] == b"\xff\xd8\xff" or data[:8] == b"\x89PNG\r\n\x1a\n" or (data[:4], data[8:12]) == (b"RIFF", b"WEBP"):
        return image
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return pdf
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"avif"):
        raise Refused("heic")
    raise Refused("unknown")


def image(data: bytes) -> Told:
    """The picture drawn again as a JPEG: upright, no larger than it is read, without a word of where and by what."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused("large")
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            flat = Image.new("RGB", upright.size, "white")
            shown = upright.convert("RGBA") if upright.mode in ("RGBA", "LA", "PA", "P") else upright.convert("RGB")
            flat.paste(shown, mask=shown.getchannel("A") if shown.mode == "RGBA" else None)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("large") from None
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Told("image/jpeg", out.getvalue())


def pdf(data: bytes) -> Told:
    """The pages alone, in a new file: filled forms drawn into them, and nothing that acts, carries or tells."""
    with pikepdf.open(io.BytesIO(data)) as old, pikepdf.new() as new:
        if not 0 < len(old.pages) <= MOST_PAGES:
            raise Refused("long" if len(old.pages) else "broken")
        if "/AcroForm" in old.Root and "/XFA" in old.Root.AcroForm:
            del old.Root.AcroForm["/XFA"]
        old.generate_appearance_streams()
        old.flatten_annotations("screen")
        new.pages.extend(old.pages)
        for page in new.pages:
            for name in set(page.obj.keys()) - OF_PAGE:
                del page.obj[name]
        new.remove_unreferenced_resources()
        _strip(new)
        out = io.BytesIO()
        new.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True, fix_metadata_version=False
        )
    return Told("application/pdf", _looked_at(out.getvalue()))


def _strip(new: pikepdf.Pdf) -> None:
    for one in _dictionaries(new):
        for name in NEVER:
            if name in one and not _is_font_name(one, name):
                del one[name]


def _is_font_name(one: pikepdf.Object, name: str) -> bool:
    """In a table of fonts or pictures a key is what the page calls them: those go by no meaning."""
    value = one.get(name)
    named = isinstance(value, pikepdf.Dictionary | pikepdf.Stream) and value.get("/Type") in NAMED
    return named and name not in ("/JS", "/JavaScript")


def _dictionaries(new: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of the file, those inside others too."""
    left: list[pikepdf.Object] = [new.trailer, *new.objects]
    seen: set[tuple[int, int]] = set()
    while left:
        one = left.pop()
        if isinstance(one, pikepdf.Object) and one.is_indirect:
            if one.objgen in seen:
                continue
            seen.add(one.objgen)
        if isinstance(one, pikepdf.Array):
            left += [each for each in one if isinstance(each, pikepdf.Array | pikepdf.Dictionary)]
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            yield one
            values = [one[name] for name in one.keys()]  # noqa: SIM118 - it is no mapping
            left += [each for each in values if isinstance(each, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream)]


def _looked_at(data: bytes) -> bytes:
    """The new file opened once more, as it must be a whole one. Raises pikepdf.PdfError."""
    with pikepdf.open(io.BytesIO(data)) as again:
        if not len(again.pages):
            raise Refused("broken")
    return data


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    told = rewritten(sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.msgpack.encode(told))


if __name__ == "__main__":
    main()
