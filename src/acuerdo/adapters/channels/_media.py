"""Whether a file is what it claims to be, by its first bytes."""

from __future__ import annotations

from acuerdo.service.channels import BadMedia, Media

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
# What the file begins with, and from which byte on; a kind that is not here is refused.
MAGIC: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "application/pdf": (0, (b"%PDF-",)),
    "image/jpeg": (0, (b"\xff\xd8\xff",)),
    "image/png": (0, (b"\x89PNG\r\n\x1a\n",)),
    "image/webp": (8, (b"WEBP",)),
    "audio/ogg": (0, (b"OggS",)),
    "audio/amr": (0, (b"#!AMR",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "audio/aac": (0, (b"\xff\xf1", b"\xff\xf9")),
    "audio/mp4": (4, (b"ftyp",)),
    "video/mp4": (4, (b"ftyp",)),
    "video/3gpp": (4, (b"ftyp",)),
    "application/msword": (0, _OLE),
    "application/vnd.ms-excel": (0, _OLE),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (0, _ZIP),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (0, _ZIP),
}
KINDS = tuple(MAGIC)


def checked(media: Media, most: int) -> Media:
    """The file, its kind without what may follow it. Raises BadMedia where it is too long or not what it claims."""
    mime = media.mime.partition(";")[0].strip().lower()
    if len(media.data) > most:
        raise BadMedia(f"the file has more than {most} bytes")
    if mime not in MAGIC:
        raise BadMedia(f"files of the kind {mime[:60]!r} are not taken")
    at, starts = MAGIC[mime]
    if not media.data[at:].startswith(starts):
        raise BadMedia(f"the file claims to be {mime} and is not")
    return Media(media.id, mime, media.name, media.data)
