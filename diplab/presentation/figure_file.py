"""Figures as files that say what they show and come out the same, byte for byte, each time."""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from diplab.errors import one_of
from diplab.presentation.atomic import put
from diplab.presentation.style import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_SUFFIXES", "save_figure"]

FIGURE_SUFFIXES = (".svg", ".pdf", ".png")
DPI = 300


def save_figure(figure: Figure, path: str | Path, *, title: str, description: str) -> Path:
    """Write a figure as svg (outlines), pdf (TrueType) or png (300 dpi), saying inside what it shows.

    The file holds no date and no version: a second run gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : str or Path
        Where; the suffix decides the format.
    title : str
        Title, read out by a screen reader.
    description : str
        What one who cannot see the figure should know.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        For another suffix.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save_figure(Figure(), f"{folder}/a.svg", title="Circles", description="Three circles.")
    ...     "<title id=" in file.read_text(encoding="utf-8")
    True
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FIGURE_SUFFIXES:
        raise one_of("The suffix of a figure file", suffix, FIGURE_SUFFIXES)
    if suffix == ".svg":
        return put(
            path, _described(_rendered(figure, "svg", {"Date": None, "Creator": None}), title, description)
        )
    if suffix == ".pdf":
        # Without a producer, a creator and a date, nothing in the file changes with the version or the day.
        nothing = {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None}
        return put(path, _rendered(figure, "pdf", {**nothing, "Title": title, "Subject": description}))
    return put(path, _rendered(figure, "png", {"Software": None, "Title": title, "Description": description}))


def _rendered(figure: Figure, form: str, metadata: dict[str, str | None]) -> bytes:
    buffer = BytesIO()
    with theme():
        figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata, facecolor="white")
    return buffer.getvalue()


def _described(svg: bytes, title: str, description: str) -> bytes:
    drawing = svg.decode("utf-8")
    drawing = re.sub(r"<!-- Created with .*? -->\n?", "", drawing)
    drawing = re.sub(r"\s*<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    # Ids differ from figure to figure, so that several may stand in one page.
    mark = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:10]
    spoken = (
        f'<title id="title-{mark}">{escape(title)}</title>\n'
        f'<desc id="desc-{mark}">{escape(description)}</desc>\n'
    )
    attributes = f' role="img" aria-labelledby="title-{mark} desc-{mark}"'
    return re.sub(
        r"(<svg\b[^>]*?)>", lambda found: f"{found.group(1)}{attributes}>\n{spoken}", drawing, count=1
    ).encode("utf-8")
