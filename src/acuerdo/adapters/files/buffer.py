"""A file's bytes on the disk, read where they are asked for: little memory, and no harm if it is cut meanwhile."""

from __future__ import annotations

import os
from typing import IO

from acuerdo.core.portfolio.records import FileError

_LEAST, _MOST = 1 << 12, 1 << 20


class OnDisk:
    """What lines.Buffer asks for. Mapping the file would end the process if somebody saved a shorter one over it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._descriptor = os.dup(file.fileno())
        self._size = os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        os.close(self._descriptor)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        start, stop, _ = part.indices(self._size)
        found = b""
        while len(found) < stop - start:
            piece = os.pread(self._descriptor, stop - start - len(found), start + len(found))
            if not piece:
                raise FileError("El archivo cambió mientras se leía. Espere a que esté completo y vuelva a importarlo.")
            found = found + piece if found else piece
        return found

    def find(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        """As bytes.find, by pieces that grow: most of what is looked for is near."""
        stop = self._size if end is None else min(end, self._size)
        step = _LEAST
        while start < stop:
            found = self[start : min(start + step, stop)].find(sub)
            if found >= 0:
                return start + found
            start += max(1, step - len(sub) + 1)
            step = min(step * 4, _MOST)
        return -1

    def rfind(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        """As bytes.rfind; what lies between is read as a whole."""
        found = self[start : self._size if end is None else end].rfind(sub)
        return start + found if found >= 0 else -1
