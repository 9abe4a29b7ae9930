"""Figures as reproducible files, and the hash that identifies their content."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
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

FIGURE_SUFFIXES = (".svg", ".pdf", ".eps", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
DPI, PRINT_DPI = 300, 600
MOST_COMMENT = 65_000  # bytes of a comment in jpeg
JPEG_QUALITY = 95  # the highest at which files stay small; above it, edges gain nothing


def save_figure(figure: Figure, path: str | Path, *, title: str, description: str) -> Path:
    """Write a figure as svg, pdf, eps, png or jpeg (300 dpi), or tiff (600 dpi), with alt text."""
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
    dpi = DPI if suffix in (".png", ".jpg", ".jpeg") else PRINT_DPI
    buffer = BytesIO()
    with (
        theme(getattr(getattr(figure, "chart", None), "style", DEFAULT)),
        _opaque(figure, suffix == ".eps"),
    ):
        figure.savefig(
            buffer, format=shape, dpi=dpi, metadata=entries.get(suffix), facecolor="white"
        )
    drawn = buffer.getvalue()
    described = {
        ".svg": _with_description,
        ".eps": _eps,
        ".tif": _tiff,
        ".tiff": _tiff,
        ".jpg": _jpeg,
        ".jpeg": _jpeg,
    }
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
    comments = "".join(f"% {line}\n" for line in textwrap.wrap(_ascii(description), 120))
    head = f"%%Title: {_ascii(title)[:200]}\n%%EndComments\n{comments}".encode()
    return content.replace(b"%%EndComments\n", head, 1)


_SIGNS: dict[str, str | int | None] = {
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "-",
    "\N{MINUS SIGN}": "-",
}


def _ascii(text: str) -> str:
    """Return a text without accents, for formats that take none."""
    plain = unicodedata.normalize("NFKD", text.translate(str.maketrans(_SIGNS)))
    return plain.encode("ascii", "ignore").decode()


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


def _jpeg(drawn: bytes, title: str, description: str) -> bytes:
    """Return an image as jpeg with all its colours, with title and alternative text."""
    from PIL import Image

    buffer = BytesIO()
    image = Image.open(BytesIO(drawn)).convert("RGB")
    fields_of_file = Image.Exif()
    # names of fields in Exif are ASCII: accents are in the comment
    fields_of_file[270] = _ascii(title)
    comment = f"{title}\n{description}".encode()[:MOST_COMMENT].decode(errors="ignore")
    image.save(
        buffer,
        "JPEG",
        quality=JPEG_QUALITY,
        subsampling=0,  # otherwise coloured words blur
        dpi=(DPI, DPI),
        exif=fields_of_file,
        comment=comment.encode(),
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
