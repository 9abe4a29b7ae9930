"""The style of figures: sizes for print, a sans serif font, colour-blind safe colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import matplotlib as mpl
from matplotlib.colors import get_named_colors_mapping, is_color_like, to_hex
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import TextToPath

from diplab.checks import check_number, check_one_of
from diplab.errors import OptionError, near_names, suggestion
from diplab.reference.text import tied

LEADING = 1.28
FONT = "Source Sans Pro"
MOST_SERIES = 5  # more cannot be distinguished in print
DASHED = (0, (4, 2))  # colour of lines that are not series
FALLBACK = "DejaVu Sans"  # for characters that a font lacks
YLGNBU = ("#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84")
"""Of ColorBrewer (Harrower and Brewer 2003), light to dark, colour-blind safe."""
SIZES_OF_TEXTS = (4.0, 40.0)  # in points


StyleName: TypeAlias = Literal["colour", "grey"]
Palette: TypeAlias = Literal["categorical", "sequential"]


class Look(NamedTuple):
    """The look of a series: colour, marker and dash, never colour alone."""

    colour: str
    marker: str
    dash: Any


@dataclass(frozen=True, kw_only=True)
class Style:
    """The look of a figure: its font, the sizes of its texts, its colours and marks.

    Parameters
    ----------
    font : str
        Font family, installed on this machine; characters that it lacks are in DejaVu Sans.
    title, label, tick, note : float
        Sizes in points: of titles, of labels and values, of the numbers on axes, of notes.
    colours : tuple of str
        Of series, in their order, each at a contrast of 3 to 1 with white at least, and safe for
        the colour-blind: three of Okabe and Ito (2008), the wine of Tol (2021) and a dark grey. The
        first is that of estimates, the second that of published values.
    markers, dashes, hatches : tuple
        Of series, in their order, in the words of matplotlib; hatches are of bars.
    ordered : tuple of str
        Of series whose categories are in order (`palette="sequential"`), from light to dark, at a
        contrast of 3 to 1 with white.
    parts : tuple of str
        Of the parts of a whole, from dark to light, distinct without colour.
    sequence : tuple of str
        Of parts in order, and of the classes of a map, from light to dark.
    negative, positive : tuple of str
        Of the two sides of a scale, from its ends to the middle.
    neutral : str
        Of the answer between the two.
    side_hatch : str
        Of the negative side.
    discs : tuple of str
        Of circles, from the outermost to the innermost.
    fill : str
        Of bounds, and of values that data allow.
    absent : str
        Of areas without a value, which are hatched, and of no answer among parts in order.
    ink, grey, grid : str
        Of texts, of axes and of lines behind the data.
    text_in_svg : bool
        True to keep text as text in svg files, searchable and editable if the font is installed;
        otherwise as outlines.

    Raises
    ------
    OptionError
        For a font that is not installed, a size that is none, and a colour that matplotlib does
        not know.

    Examples
    --------
    >>> Style(label=9.0).markers[:2]
    ('o', 'D')
    """

    font: str = FONT
    title: float = 10.0
    label: float = 8.5
    tick: float = 8.0
    note: float = 7.5
    colours: tuple[str, ...] = ("#0072B2", "#D55E00", "#009E73", "#882255", "#4D4D4D")
    markers: tuple[str, ...] = ("o", "D", "s", "^", "v", "P", "X")
    dashes: tuple[Any, ...] = (
        "-",
        (0, (5, 2)),
        (0, (1, 1.4)),
        (0, (6, 1.5, 1, 1.5)),
        (0, (3, 1, 1, 1, 1, 1)),
    )
    hatches: tuple[str, ...] = ("", "////", "....", "\\\\\\\\")
    ordered: tuple[str, ...] = ("#0198cf", "#007dbd", "#0061a7", "#004388", "#00235c")
    parts: tuple[str, ...] = ("#08306b", "#0072B2", "#009E73", "#E69F00", "#F0E442", "#e3e3e3")
    sequence: tuple[str, ...] = YLGNBU
    negative: tuple[str, ...] = ("#8c3a00", "#e08a45", "#f4d3b5")
    neutral: str = "#b8b8b8"
    positive: tuple[str, ...] = ("#08407e", "#5b9fd0", "#c6ddf0")
    side_hatch: str = ""
    discs: tuple[str, ...] = ("#cfe3f1", "#8fbfe0", "#0072B2", "#00456b")
    fill: str = "#4A94C8"
    absent: str = "#d0d0d0"
    ink: str = "#1a1a1a"
    grey: str = "#6b6b6b"
    grid: str = "#d9d9d9"
    text_in_svg: bool = False

    def __post_init__(self) -> None:
        _add_own_font()
        known = sorted(fontManager.get_font_names())
        if self.font not in known:
            raise OptionError(
                f"`font={self.font!r}` is not a font of this machine.",
                "",
                suggestion(self.font, known),
            )
        low, high = SIZES_OF_TEXTS
        for name in ("title", "label", "tick", "note"):
            check_number(name, getattr(self, name), low=low, high=high, example=8.5)
        for name in COLOURS:
            value = getattr(self, name)
            for colour in [value] if isinstance(value, str) else value:
                checked_colour(name, colour)

    @property
    def families(self) -> list[str]:
        """The font, and the one for characters that it lacks."""
        return list(dict.fromkeys((self.font, FALLBACK)))

    @property
    def looks(self) -> list[Look]:
        """Colour, marker and dash of each series."""
        return [Look(*item) for item in zip(self.colours, self.markers, self.dashes, strict=False)]

    @property
    def line(self) -> float:
        """Height of a line of labels in points."""
        return self.label * LEADING

    def text_width(self, text: str, size: float, bold: bool = False, italic: bool = False) -> float:
        """Return the width of one line of text in points, as drawn."""
        return _text_width(text, size, bold, italic, *self.families) if text else 0.0

    def widest(self, texts: Iterable[str], size: float, bold: bool = False) -> float:
        """Return the width of the widest of several texts in points; 0 without any."""
        return max((self.text_width(text, size, bold) for text in texts), default=0.0)

    def wrapped(
        self, text: str, width: float, size: float, bold: bool = False, first: float = 0.0
    ) -> list[str]:
        """Return a text wrapped to a width, except at no-break spaces and before units."""
        lines: list[str] = []
        current, text = "", tied(text)
        signs = {sign: self.text_width(sign, size, bold) for sign in {*text, " "}}
        for word in text.split(" "):
            longer = f"{current} {word}" if current else word
            # a line far from full needs no exact measure: kerning never adds a quarter
            rough, room = sum(map(signs.__getitem__, longer)), width - (0 if lines else first)
            if rough * 1.25 <= room or self.text_width(longer, size, bold) <= room:
                current = longer
                continue
            # a word that does not fit after the label goes to the second line
            if current or (first and not lines):
                lines.append(current)
            # one wider than a line is cut, such as a column name or an address
            pieces = [""]
            for sign in word:
                if pieces[-1] and self.text_width(pieces[-1] + sign, size, bold) > width:
                    pieces.append("")
                pieces[-1] += sign
            *whole, current = pieces
            lines.extend(whole)
        return [*lines, current]


@cache
def _add_own_font() -> None:
    """Register the bundled font with matplotlib, before a system font of the same name."""
    package = find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        return
    for face in ("Regular", "It", "Bold", "BoldIt"):
        fontManager.addfont(Path(package.origin).parent / "files" / f"SourceSansPro-{face}.ttf")
        fontManager.ttflist.insert(0, fontManager.ttflist.pop())


@lru_cache(maxsize=8192)
def _text_width(text: str, size: float, bold: bool, italic: bool, *families: str) -> float:
    slant: Any
    weight, slant = "bold" if bold else "normal", "italic" if italic else "normal"
    face = FontProperties(family=families, size=size, weight=weight, style=slant)
    width, _, _ = TextToPath().get_text_width_height_descent(text, face, False)
    # Renderers round each glyph to their own grid.
    return float(width) * 1.02


def spread(shades: Sequence[str], count: int) -> list[str]:
    """Return some of an ordered range of colours, from its first to its last."""
    steps = max(count - 1, 1)
    return [shades[round((len(shades) - 1) * at / steps)] for at in range(count)]


def pale(colour: str, share: float) -> dict[str, Any]:
    """Return the look of a band: a tint of a colour, with an edge visible on white."""
    return {"facecolor": (colour, share), "edgecolor": colour, "lw": 0.6}


COLOURS = (
    *("colours", "ordered", "parts", "sequence", "negative", "neutral", "positive", "discs"),
    *("fill", "absent", "ink", "grey", "grid"),
)
"""The fields of a style that are colours."""


def checked_colour(option: str, colour: object) -> str:
    """Return a colour as matplotlib writes it; one that it does not know raises an error."""
    if is_color_like(colour):
        return to_hex(colour)  # type: ignore[arg-type]
    named = [name for name in get_named_colors_mapping() if ":" not in name and len(name) > 1]
    near = near_names(str(colour), named)
    write = suggestion(colour, named) if near else "Write one such as `'orange'` or `'#D55E00'`."
    raise OptionError(f"`{option}` has {colour!r}, which is not a colour of matplotlib.", "", write)


DEFAULT = Style()
GREYS = ("#1a1a1a", "#5c5c5c", "#919191", "#404040", "#787878")
GREY = Style(
    colours=GREYS,
    ordered=("#919191", "#757575", "#5a5a5a", "#404040", "#1a1a1a"),
    parts=("#1a1a1a", "#555555", "#858585", "#a8a8a8", "#cfcfcf", "#f2f2f2"),
    sequence=("#f2f2f2", "#cfcfcf", "#a8a8a8", "#858585", "#555555", "#1a1a1a"),
    negative=("#404040", "#8a8a8a", "#c4c4c4"),
    neutral="#f2f2f2",
    positive=("#404040", "#8a8a8a", "#c4c4c4"),
    side_hatch="////",
    discs=("#ededed", "#c4c4c4", "#8a8a8a", "#404040"),
    fill="#919191",
    absent="#ffffff",
)
"""For prints in black and white: series differ in lightness, and in hatch, marker or dash."""
STYLES = {"colour": DEFAULT, "grey": GREY}


def style_of(style: Style | str | Mapping[str, Any] | None) -> Style:
    """Return a style: itself, by name, or with some fields of the default changed."""
    if style is None:
        return DEFAULT
    if isinstance(style, Style):
        return style
    if isinstance(style, str):
        return STYLES[check_one_of("style", style, tuple(STYLES))]
    if not isinstance(style, Mapping):
        raise OptionError(
            f"`style={style!r}` is not a style.",
            write="Write `style='grey'`, `style={'font': 'Arial', 'label': 9}` or a "
            "`diplab.types.Style`.",
        )
    changed = dict(style)
    base = style_of(changed.pop("base", "colour"))
    known = [field.name for field in fields(Style)]
    for name, value in changed.items():
        if name == "width":
            raise OptionError(
                "`style` has no `width`.", write=f"Write `dl.chart(..., width={value!r})`."
            )
        if name not in known:
            raise OptionError(f"`style` has no `{name}`.", "", suggestion(name, [*known, "base"]))
        if isinstance(value, Sequence) and not isinstance(value, str):
            changed[name] = tuple(value)
    return replace(base, **changed)


WIDTHS = {"column": 85.0, "text": 130.0, "page": 180.0}
"""Widths for print in millimetres: a column, a French journal's text block, a full page."""
SIZES = {
    "asr": (133.0, 216.0),
    "plos": (190.5, 222.0),
    "rfs": (125.0, 190.0),
    "a4": (160.0, 247.0),
    "slide": (254.0, 143.0),
}


def figure_size(outlet: str) -> tuple[float, float]:
    """Return the width and greatest height of a figure for an outlet, in millimetres.

    Parameters
    ----------
    outlet : {"asr", "plos", "rfs", "a4", "slide"}
        *American Sociological Review*: its text block, 5.25 by 8.5 inches (house page of the
        association). PLOS journals: at most 7.5 by 8.75 inches (their page on figures). *Revue
        française de sociologie* and other French journals: 120 to 130 mm of usable width; the
        height of their text block is about 190 mm. A page of A4 with margins of 25 mm. A slide of
        16 to 9 that is 10 inches wide.

    Returns
    -------
    tuple of float
        Width and greatest height. `dl.chart` takes the name, or the width, as `width=`.

    Raises
    ------
    OptionError
        For another outlet.

    Examples
    --------
    >>> figure_size("plos")
    (190.5, 222.0)
    """
    return SIZES[check_one_of("outlet", outlet, tuple(SIZES))]


def width_in_print(width: str | float) -> float:
    """Return a width in millimetres: by name (`column`, `asr`), or a number from 40 to 400."""
    if isinstance(width, str):
        named = WIDTHS | {name: size[0] for name, size in SIZES.items()}
        return named[check_one_of("width", width, tuple(named))]
    return check_number("width", width, low=40, high=400, example=130)


def theme(style: Style = DEFAULT) -> AbstractContextManager[None]:
    """Return the matplotlib settings for drawing and saving; nothing global is changed."""
    ticks = {
        "color": style.grey,
        "labelcolor": style.ink,
        "labelsize": style.tick,
        "major.width": 0.6,
    }
    settings: Any = {
        **mpl.rcParamsDefault,
        "backend": mpl.rcParams["backend"],
        "lines.solid_capstyle": "butt",
        "font.family": style.families,
        "font.size": style.tick,
        "text.color": style.ink,
        "text.parse_math": False,
        "axes.edgecolor": style.grey,
        "axes.labelcolor": style.ink,
        "axes.labelsize": style.tick,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "grid.color": style.grid,
        "grid.linewidth": 0.5,
        "hatch.linewidth": 0.6,
        **{f"{axis}tick.{name}": value for axis in "xy" for name, value in ticks.items()},
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none" if style.text_in_svg else "path",
        "svg.hashsalt": "diplab",
    }
    return mpl.rc_context(settings)


def points(millimetres: float) -> float:
    """Return a length in points (72 an inch)."""
    return millimetres * 72.0 / 25.4
