"""Figures as reproducible files, and the hash that identifies their content."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from diplab.checks import check_one_of
from diplab.presentation.writers.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language

FIGURE_SUFFIXES = (".svg", ".pdf", ".eps", ".png", ".tif", ".tiff")
DPI, PRINT_DPI = 300, 600


def save_figure(figure: Figure, path: str | Path, *, title: str, description: str) -> Path:
    """Write a figure as svg, pdf, eps, png (300 dpi) or tiff (600 dpi, LZW), with alt text."""
    # imported here, as comparing figures does not need matplotlib
    from diplab.presentation.charts.style import DEFAULT, theme

    suffix = check_one_of("suffix", Path(path).suffix.lower(), FIGURE_SUFFIXES)
    # without producer, creator and date, a second run gives the same bytes on any day
    undated = dict.fromkeys(("CreationDate", "ModDate", "Creator", "Producer"))
    entries: dict[str, dict[str, str | None]] = {
        ".svg": {"Date": None, "Creator": None},
        ".pdf": {**undated, "Title": title, "Subject": description},
        ".png": {"Software": None, "Title": title, "Description": description},
    }
    shape = suffix[1:] if suffix in entries or suffix == ".eps" else "png"
    dpi = DPI if suffix == ".png" else PRINT_DPI
    buffer = BytesIO()
    with (
        theme(getattr(getattr(figure, "chart", None), "style", DEFAULT)),
        _opaque(figure, suffix == ".eps"),
    ):
        figure.savefig(
            buffer, format=shape, dpi=dpi, metadata=entries.get(suffix), facecolor="white"
        )
    drawn = buffer.getvalue()
    described = {".svg": _with_description, ".eps": _eps, ".tif": _tiff, ".tiff": _tiff}
    return write_atomically(
        path, described[suffix](drawn, title, description) if suffix in described else drawn
    )


@contextmanager
def _opaque(figure: Figure, wanted: bool) -> Iterator[None]:
    """Replace transparent fills by their colour on white, as PostScript has no transparency."""
    from matplotlib.collections import Collection as Fills
    from matplotlib.colors import to_rgba_array
    from matplotlib.patches import Patch

    shapes: list[Any] = []
    if wanted:
        shapes = [artist for kind in (Fills, Patch) for artist in figure.findobj(kind)]
    before = [(shape, shape.get_facecolor()) for shape in shapes]
    for artist, colour in before:
        face = to_rgba_array(colour)
        seen = (face[:, 3] > 0) & (face[:, 3] < 1)
        if seen.any():
            artist.set_facecolor([*(1 - face[0, 3] * (1 - face[0, :3])), 1.0])
    try:
        yield
    finally:
        for artist, colour in before:
            artist.set_facecolor(colour)


def _eps(drawn: bytes, title: str, description: str) -> bytes:
    """Return PostScript with title and alternative text in comments, without date and version."""
    content = re.sub(rb"%%(Creator|CreationDate|Title):.*\n", b"", drawn)
    signs = str.maketrans(
        {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-"}
    )
    plain = unicodedata.normalize("NFKD", f"{title}\n{description}".translate(signs))
    name, comment = (part.encode("ascii", "ignore").decode() for part in plain.split("\n", 1))
    comments = "".join(f"% {line}\n" for line in textwrap.wrap(comment, 120))
    head = f"%%Title: {name[:200]}\n%%EndComments\n{comments}".encode()
    return content.replace(b"%%EndComments\n", head, 1)


def _tiff(drawn: bytes, title: str, description: str) -> bytes:
    """Return an image as tiff without transparency, with title and alternative text."""
    from PIL import Image

    buffer = BytesIO()
    image = Image.open(BytesIO(drawn)).convert("RGB")
    fields_of_file = {269: title.encode(), 270: description.encode()}
    image.save(
        buffer, "TIFF", compression="tiff_lzw", dpi=(PRINT_DPI, PRINT_DPI), tiffinfo=fields_of_file
    )
    return buffer.getvalue()


def _with_description(svg: bytes, title: str, description: str) -> bytes:
    drawing = svg.decode("utf-8")
    drawing = re.sub(r"<!-- Created with .*? -->\n?", "", drawing)
    drawing = re.sub(r"\s*<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    # Ids differ between figures, so that a page may hold several.
    mark = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:10]
    spoken = f'<title id="title-{mark}">{escape(title)}</title>\n'
    spoken += f'<desc id="desc-{mark}">{escape(description)}</desc>\n'
    attributes = f' role="img" aria-labelledby="title-{mark} desc-{mark}"'
    return re.sub(
        r"(<svg\b[^>]*?)>",
        lambda match: f"{match.group(1)}{attributes}>\n{spoken}",
        drawing,
        count=1,
    ).encode("utf-8")


_DRAWING = ("presentation", "reference")
DRAWING_LIBRARIES = ("matplotlib", "fonttools", "pillow", "font-source-sans-pro")
"""Distributions whose version determines the bytes of a figure."""
DIGITS = 12  # significant digits up to which numbers are equal, as in verdicts


def content_of(chart: Chart, language: Language, *code: bytes) -> str:
    """Return a hash of the numbers and words of a chart, its code and the drawing libraries."""
    try:
        written = json.dumps(chart, default=_in_json)
    except TypeError:
        return ""
    numbers: dict[str, Any] = {"parse_float": _rounded, "parse_int": _rounded}
    parts = json.dumps(json.loads(written, **numbers))
    made = hashlib.sha256(f"{language}\n{_drawing_code()}\n{parts}\n".encode())
    for item in code:
        made.update(hashlib.sha256(item).digest())
    return made.hexdigest()


def _in_json(thing: Any) -> Any:
    """Return a value that JSON lacks in JSON terms, with its type, so that encodings differ."""
    kind = type(thing)
    if isinstance(thing, Enum):
        return [kind.__qualname__, thing.name]
    if is_dataclass(thing):
        named = {"": f"{kind.__module__}.{kind.__qualname__}"}
        return named | {
            attribute.name: getattr(thing, attribute.name) for attribute in fields(thing)
        }
    if hasattr(thing, "tolist"):
        return thing.tolist()
    raise TypeError(kind.__name__)


def _rounded(digits: str) -> float:
    return float(f"{float(digits):.{DIGITS}g}")


@cache
def _drawing_code() -> str:
    """Return a hash of the code and terms that draw, with the versions of libraries."""
    made = hashlib.sha256(
        " ".join(
            f"{drawing_library} {metadata.version(drawing_library)}"
            for drawing_library in DRAWING_LIBRARIES
        ).encode()
    )
    package = Path(__file__).parents[2]
    for file in sorted(file for part in _DRAWING for file in (package / part).rglob("*")):
        if file.suffix in (".py", ".toml"):
            made.update(f"{file.relative_to(package).as_posix()}\n".encode())
            made.update(hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()


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
    """A font file in memory, with its index in a collection."""

    face_index = 0


@dataclass(frozen=True)
class _Subset:
    """A saved font, with the index of each glyph of the whole font."""

    content: bytes
    index: dict[int, int]

    def save(self, file: BytesIO, **_: Any) -> None:
        """Write the font, as a font of fontTools does."""
        file.write(self.content)


def _saved(subset_of: Callable[..., Any], font: Any, glyphs: Collection[int]) -> _Subset:
    from matplotlib.backends import _backend_pdf_ps

    backend: Any = _backend_pdf_ps
    with subset_of(font, glyphs) as subset_font:
        return _Subset(
            backend.font_as_file(subset_font.font).getvalue(), dict(subset_font.glyph_index_map)
        )


@lru_cache(maxsize=16)
def _reduced(subset_of: Callable[..., Any], path: Any) -> tuple[frozenset[int], _Subset]:
    """Return the glyphs that texts are likely to need, and a font of these."""
    from matplotlib.font_manager import get_font

    glyphs = get_font(path).get_charmap()
    known = frozenset(
        glyphs[character] for block in _BLOCKS for character in range(*block) if character in glyphs
    )
    return known, _saved(subset_of, path, known)


@lru_cache(maxsize=1024)
def _taken(subset_of: Callable[..., Any], path: Any, glyphs: frozenset[int]) -> _Subset:
    """Return a font of some glyphs, from the reduced one if it has them."""
    known, font = _reduced(subset_of, path)
    if not glyphs <= known:
        return _saved(subset_of, path, glyphs)
    subset_font = _saved(
        subset_of, _InMemory(font.content), [font.index[glyph] for glyph in glyphs]
    )
    return _Subset(
        subset_font.content, {glyph: subset_font.index[font.index[glyph]] for glyph in glyphs}
    )


@contextmanager
def fonts_reduced_once() -> Iterator[None]:
    """Subset fonts from reduced ones within the context."""
    from matplotlib.backends import _backend_pdf_ps

    backend: Any = _backend_pdf_ps
    if not hasattr(backend, "SubsetResults"):  # a version of matplotlib with other subsetting
        yield
        return
    subset_of = backend.get_glyphs_subset

    def subset(path: Any, glyphs: Collection[int]) -> AbstractContextManager[Any]:
        font = _taken(subset_of, path, frozenset(glyphs))
        return nullcontext(backend.SubsetResults(font, font.index))

    backend.get_glyphs_subset = subset
    try:
        yield
    finally:
        backend.get_glyphs_subset = subset_of
