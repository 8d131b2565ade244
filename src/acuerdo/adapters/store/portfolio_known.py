"""Which rows of a file are known already, and what became of each: a few bytes a row, in memory and in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from acuerdo.adapters.store.db import Db
from acuerdo.service.importing import Batch

Numbers: TypeAlias = "npt.NDArray[Any]"
NAME = 12  # bytes of an account's id, which is written in hexadecimal
KNOWN = """
select row_digest, id from account
where creditor_id = $1 and octet_length(row_digest) = 16 and length(id) = 24
"""
KNOWN_OF = f"{KNOWN} and id = any($2::text[])"
# One tuple of COPY's binary form: how many fields there are, and each field behind its length.
TUPLE = np.dtype([("n", ">i2"), ("a", ">i4"), ("first", "<u8"), ("rest", "<u8"), ("b", ">i4"), ("id", "S24")])
HEAD, TAIL = 19, 2  # bytes around the tuples
JUDGED = np.dtype(
    [("n", ">i2"), ("a", ">i4"), ("line", ">i4"), ("b", ">i4"), ("id", "S24"), ("c", ">i4"), ("verdict", "S1")]
)
# What became of one line, as it is kept.
LINE = np.dtype([("line", "<i4"), ("account", f"V{NAME}"), ("verdict", "S1")])
LINES = 1000  # lines in one row of import_line
NEW, CHANGED, SAME, OLDER, ASIDE, REPEATED = b"n", b"c", b"s", b"o", b"a", b"r"


class KnownRows:
    """The digests of the rows that wrote a creditor's accounts, and whose they are; exact, all 128 bits of them."""

    def __init__(self, copied: bytes) -> None:
        rows = np.frombuffer(copied, TUPLE, (len(copied) - HEAD - TAIL) // TUPLE.itemsize, HEAD)
        order = np.argsort(rows["first"])
        self._first, self._rest, self.ids = rows["first"][order], rows["rest"][order], rows["id"][order]

    def __len__(self) -> int:
        return len(self.ids)

    def look(self, digests: bytes) -> Sequence[int]:
        """For each digest (16 bytes) the index of the account it wrote, or -1."""
        wanted = np.frombuffer(digests, "<u8").reshape(-1, 2)
        at = np.minimum(np.searchsorted(self._first, wanted[:, 0]), len(self._first) - 1)
        # Two digests that share their first half: the second is not found, and its row is read as any other.
        found = (self._first[at] == wanted[:, 0]) & (self._rest[at] == wanted[:, 1])
        indexes: list[int] = np.where(found, at, -1).tolist()
        return indexes


async def known_rows(db: Db, creditor: str, accounts: Sequence[str] | None = None) -> KnownRows | None:
    """The rows that wrote a creditor's accounts as they are, all or these; None when there are none."""
    copied = bytearray()

    async def take(data: bytes) -> None:
        copied.extend(data)

    of, args = (KNOWN, (creditor,)) if accounts is None else (KNOWN_OF, (creditor, accounts))
    await db.copy_from_query(of, *args, output=take, format="binary")
    found = KnownRows(bytes(copied))
    return found if len(found) else None


class Register:
    """What there is to know of each line of a file, while it goes in."""

    def __init__(self) -> None:
        self.known: KnownRows | None = None
        self.kin: Set[int] = frozenset()  # lines passed over that are staged after all
        self._staged: list[tuple[Numbers, bytes]] = []
        self._passed: list[Numbers] = []
        self._aside: dict[int, str] = {}
        self._dropped: dict[int, bytes] = {}

    @property
    def staged(self) -> int:
        return sum(len(lines) for lines, _ in self._staged)

    @property
    def passed(self) -> int:
        """How many lines were known and count."""
        return len(self._passed_lines())

    def take(self, batch: Batch, account: Callable[[str], str]) -> None:
        """Notes a batch."""
        if batch.coded.lines:
            self._staged.append((np.frombuffer(batch.coded.lines, "<i4"), batch.coded.ids))
        if batch.known:
            self._passed.append(np.array(batch.known, "<i4"))
        self._aside |= {line: account(number) if number else "" for line, number in batch.aside}

    def drop(self, lines: Sequence[int], aside: Set[int]) -> None:
        """Notes that lines repeat others, `aside` those that cannot be told to be the same."""
        self._dropped |= {line: ASIDE if line in aside else REPEATED for line in lines}

    def repeated(self) -> dict[int, int]:
        """The lines whose account an earlier line has, by that line."""
        lines, ids = self._named()
        alike = _alike(ids)
        lines, ids = lines[alike], ids[alike]
        order = np.lexsort((lines, ids))
        ids, lines = ids[order], lines[order]
        again = np.flatnonzero(ids[1:] == ids[:-1]) + 1
        first: dict[int, int] = {}
        for at in again.tolist():
            earlier = int(lines[at - 1])
            first[int(lines[at])] = first.get(earlier, earlier)
        return first

    def lines_of(self, accounts: Sequence[str]) -> Set[int]:
        """The lines passed over that are about these accounts."""
        if self.known is None or not accounts:
            return frozenset()
        passed = self._passed_lines()
        mine = np.isin(self.known.ids[passed[:, 1]], np.array(accounts, "S24"))
        return frozenset(passed[mine, 0].tolist())

    def left_out(self) -> list[str]:
        """The accounts whose rows were known and did not come."""
        if self.known is None:
            return []
        seen = np.zeros(len(self.known), bool)
        seen[self._passed_lines()[:, 1]] = True
        return [name.decode() for name in self.known.ids[~seen].tolist()]

    @property
    def named(self) -> list[str]:
        """The accounts that rows set aside are about."""
        return [name for name in self._aside.values() if name]

    async def write(self, db: Db, name: str) -> None:
        """Keeps what became of every line."""
        judged = await _judged(db)
        passed = self._passed_lines()
        passed = passed[~np.isin(passed[:, 0], judged["line"])]
        lines = np.zeros(len(judged) + len(passed) + len(self._aside) + len(self._dropped), LINE)
        a, b = len(judged), len(judged) + len(passed)
        lines["line"][:a], lines["verdict"][:a] = judged["line"], judged["verdict"]
        lines["account"][:a] = _packed(judged["id"])
        if self.known is not None:
            lines["line"][a:b], lines["verdict"][a:b] = passed[:, 0], SAME
            lines["account"][a:b] = _packed(self.known.ids[passed[:, 1]])
        for at, (line, verdict, account) in enumerate(self._others(), start=b):
            lines[at] = (line, np.void(bytes.fromhex(account).ljust(NAME, b"\0")), verdict)
        lines.sort(order="line")
        parts = (lines[at : at + LINES] for at in range(0, len(lines), LINES))
        await db.copy_records_to_table(
            "import_line", records=((name, int(part["line"][0]), part.tobytes()) for part in parts)
        )

    def _others(self) -> Iterator[tuple[int, bytes, str]]:
        for line, account in self._aside.items():
            yield line, ASIDE, account
        for line, verdict in self._dropped.items():
            yield line, verdict, ""

    def _passed_lines(self) -> Numbers:
        """Lines passed over that count, each with the index of its account."""
        if not self._passed:
            return np.zeros((0, 2), "<i4")
        self._passed = [np.concatenate(self._passed)]
        (passed,) = self._passed
        others = [*self._dropped, *self.kin]
        return passed[~np.isin(passed[:, 0], others)] if others else passed

    def _named(self) -> tuple[Numbers, Numbers]:
        """Every line that names an account, and that account as bytes in hexadecimal."""
        lines = [lines for lines, _ in self._staged]
        ids = [_spelled(names) for _, names in self._staged]
        if self.known is not None:
            passed = self._passed_lines()
            lines.append(passed[:, 0])
            ids.append(self.known.ids[passed[:, 1]])
        return (np.concatenate(lines), np.concatenate(ids)) if lines else (np.zeros(0, "<i4"), np.zeros(0, "S24"))


def _alike(ids: Numbers) -> Numbers:
    """Where ids are that others may equal: cheaply, so that only these few are compared as they are."""
    parts = np.ascontiguousarray(ids).view("<u8").reshape(-1, 3)
    mixed = parts[:, 0] + parts[:, 1] * np.uint64(0x9E3779B97F4A7C15)
    order = np.sort(mixed)
    return np.flatnonzero(np.isin(mixed, order[1:][order[1:] == order[:-1]]))


def _spelled(names: bytes) -> Numbers:
    """Ids of 12 bytes each in hexadecimal, which has no zero bytes for numpy to lose."""
    return np.frombuffer(names.hex().encode(), "S24")


def _packed(ids: Numbers) -> Numbers:
    """Ids in hexadecimal as 12 bytes each."""
    return np.frombuffer(bytes.fromhex(ids.tobytes().decode()), f"V{NAME}")


async def _judged(db: Db) -> Numbers:
    copied = bytearray()

    async def take(data: bytes) -> None:
        copied.extend(data)

    await db.copy_from_query("select line, id, verdict from staged_account", output=take, format="binary")
    return np.frombuffer(bytes(copied), JUDGED, (len(copied) - HEAD - TAIL) // JUDGED.itemsize, HEAD)
