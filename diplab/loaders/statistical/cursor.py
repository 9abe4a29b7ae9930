"""Bytes of a file read one field after another, each length checked before it is believed."""

from __future__ import annotations

import struct

__all__ = ["Cursor", "HeaderError"]


class HeaderError(Exception):
    """What is wrong in the part of a file that describes its answers, as a sentence."""


class Cursor:
    r"""A place in the bytes of a file, which moves on as fields are read.

    Parameters
    ----------
    content : bytes
        The file.
    little : bool
        True where the last byte of a number is the largest.
    at : int
        Where to begin.
    part : str
        What is being read, for the error of a file that ends too soon.

    Examples
    --------
    >>> place = Cursor(b"\x02\x00\x00\x00name", little=True)
    >>> place.number("i"), place.take(4), place.at
    (2, b'name', 8)
    """

    def __init__(self, content: bytes, *, little: bool, at: int = 0, part: str = "its dictionary") -> None:
        self.content = content
        self.order = "<" if little else ">"
        self.at = at
        self.part = part

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size < 0:
            message = f"A length of {size} stands before byte {self.at}, in {self.part}."
            raise HeaderError(message)
        if self.at + size > len(self.content):
            message = f"It ends at byte {len(self.content)}, in the middle of {self.part}."
            raise HeaderError(message)
        taken = self.content[self.at : self.at + size]
        self.at += size
        return taken

    def number(self, kind: str) -> int:
        """Return the next whole number: `b B h H i I q Q`, as the module `struct` names them."""
        number: int = struct.unpack(self.order + kind, self.take(struct.calcsize(kind)))[0]
        return number

    def numbers(self, kind: str, count: int) -> tuple[int, ...]:
        """Return the next whole numbers of one kind."""
        return struct.unpack(f"{self.order}{count}{kind}", self.take(max(count, -1) * struct.calcsize(kind)))

    def expect(self, mark: bytes) -> None:
        """Pass over a mark that must stand here."""
        found = self.content[self.at : self.at + len(mark)]
        if found != mark:
            if mark.startswith(found):
                self.take(len(mark))
            message = (
                f"`{mark.decode('ascii')}` should stand at byte {self.at}, in {self.part}, and does not."
            )
            raise HeaderError(message)
        self.at += len(mark)
