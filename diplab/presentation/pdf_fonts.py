"""Fonts within PDF files, subset faster where many figures are drawn.

A PDF holds the glyphs that it uses. matplotlib reads the whole font and its layout rules anew for every file, which is
half of the time that a gallery takes. Here a font is reduced once to the signs of European languages, the glyphs of a
file are taken from that, and those of files that use the same glyphs are taken once. The bytes are the same: a subset
of a subset is the subset.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager

__all__ = ["fonts_reduced_once"]

_BLOCKS = (
    (0x20, 0x7F),  # Latin letters
    (0xA0, 0x180),
    (0x2000, 0x2070),  # punctuation
    (0x20A0, 0x20C0),  # currencies
    (0x2190, 0x2194),  # arrows
    (0x2200, 0x2270),  # mathematics
    (0xFB00, 0xFB07),  # ligatures
)


class _InMemory(BytesIO):
    """A font file in memory, with its place among those of a collection."""

    face_index = 0


@dataclass(frozen=True)
class _Subset:
    """A font as saved, with where each glyph of the whole font is."""

    content: bytes
    index: dict[int, int]

    def save(self, file: BytesIO, **_: Any) -> None:
        """Write the font, as a font of fontTools does."""
        file.write(self.content)


@contextmanager
def fonts_reduced_once() -> Iterator[None]:
    """Subset fonts from reduced ones as long as the context lasts.

    Under a version of matplotlib that makes its subsets otherwise nothing changes.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> with fonts_reduced_once(), tempfile.TemporaryDirectory() as folder:
    ...     Figure().savefig(f"{folder}/a.pdf")
    """
    from matplotlib.backends import _backend_pdf_ps

    backend: Any = _backend_pdf_ps
    if not hasattr(backend, "SubsetResults"):
        yield
        return
    whole = backend.get_glyphs_subset

    def saved(font: Any, glyphs: Collection[int]) -> _Subset:
        with whole(font, glyphs) as found:
            return _Subset(backend.font_as_file(found.font).getvalue(), dict(found.glyph_index_map))

    @lru_cache(maxsize=16)
    def reduced(path: Any) -> tuple[frozenset[int], _Subset]:
        from matplotlib.font_manager import get_font

        glyphs = get_font(path).get_charmap()
        known = frozenset(glyphs[each] for block in _BLOCKS for each in range(*block) if each in glyphs)
        return known, saved(path, known)

    @lru_cache(maxsize=1024)
    def taken(path: Any, glyphs: frozenset[int]) -> _Subset:
        known, font = reduced(path)
        if not glyphs <= known:
            return saved(path, glyphs)
        found = saved(_InMemory(font.content), [font.index[each] for each in glyphs])
        return _Subset(found.content, {each: found.index[font.index[each]] for each in glyphs})

    def subset(path: Any, glyphs: Collection[int]) -> AbstractContextManager[Any]:
        found = taken(path, frozenset(glyphs))
        return nullcontext(backend.SubsetResults(found, found.index))

    backend.get_glyphs_subset = subset
    try:
        yield
    finally:
        backend.get_glyphs_subset = whole
