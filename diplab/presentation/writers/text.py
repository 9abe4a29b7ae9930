"""Tables as LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from operator import truediv

from diplab.presentation.language import colon
from diplab.presentation.sheet import Align, Sheet
from diplab.presentation.writers.word import PageLayout, page_layout, text_width
from diplab.reference.text import NARROW, NO_BREAK

_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", NO_BREAK: "~", NARROW: r"\,", "−": "$-$",
    "€": r"\texteuro{}", "∞": r"$\infty$", "χ": r"$\chi$", "θ": r"$\theta$", "μ": r"$\mu$",
    **{sign: rf"\textsuperscript{{{figure}}}" for figure, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "≥": r"$\geq$", "≤": r"$\leq$", "≠": r"$\neq$", "±": r"$\pm$", "≈": r"$\approx$",
    "→": r"$\to$", "×": r"$\times$", "α": r"$\alpha$", "ε": r"$\varepsilon$",
    "λ": r"$\lambda$", "ρ": r"$\rho$", "σ": r"$\sigma$", "Δ": r"$\Delta$",
}  # fmt: skip


_LINES_OF_A_PAGE = {False: 38, True: 24}
"""The most lines of a page at ten points, upright and sideways; longer tables continue."""

_MARGIN = 71.0  # 2.5 cm in points: the margins of the A4 page that a table must fit


def as_tex(sheet: Sheet, name: str = "table", *, two_columns: bool = False) -> str:
    """Return a table as LaTeX that fits an A4 page, escaped, with a label for references.

    In a text set in two columns, it stands across both.
    """
    # columns wrap if necessary; a wider table is in landscape, and one still wider continues below,
    # in a second part that repeats the row labels; a long one continues on the next page, under its
    # heads
    sheet = sheet.tied()
    layout = page_layout(sheet, margin=_MARGIN, padding=_TEX_PADDING + 1, smallest=7)
    rooms = [math.inf] * len(layout.widths)
    if layout.wraps:
        rooms = [max(width - 2 * _TEX_PADDING, 1) for width in layout.widths]
    lines = 0
    for row in sheet.rows:
        widths = [text_width(cell.text, layout.size) for cell in row]
        lines += max(1, *map(math.ceil, map(truediv, widths, rooms)))
    long = lines * len(layout.parts) * layout.size / 10 > _LINES_OF_A_PAGE[layout.sideways]
    begin, end, turning = _tex_environment(layout, long=long, two_columns=two_columns)
    needed = ["booktabs", *["array"] * layout.wraps, *["longtable"] * long, *turning]
    label = rf"\label{{tab:{re.sub(r'[^A-Za-z0-9:._-]+', '-', name)}}}"
    title = rf"\caption{{{_tex(sheet.title)}}}{label}" if sheet.title else ""
    below = rf"{{\small {_tex(sheet.subtitle)}\par}}" if sheet.subtitle else ""
    # widths are those of an A4 page with these margins: the 345 pt of a plain article are too
    # narrow for many tables
    packages = f"{{{', '.join(needed)}}}"
    shown = [
        rf"% Needs \usepackage[T1]{{fontenc}} and \usepackage{packages}.",
        r"% Fits A4 with margins of 2.5 cm: \usepackage[a4paper, margin=2.5cm]{geometry}.",
    ]
    shown += [*begin, r"\centering"]
    if not long:
        shown += filter(None, (title, below))
    # the font size is absolute: the table fits whatever the size of the text
    font = rf"\fontsize{{{layout.size:g}}}{{{layout.size * 1.2:g}}}\selectfont"
    shown.append(rf"{font}\setlength{{\tabcolsep}}{{{_TEX_PADDING}pt}}")
    for position, part in enumerate(layout.parts):
        shown += _tex_part(
            sheet.of_columns(part), layout, part, title if position == 0 else "", below, long=long
        )
    for label, content in sheet.notes:
        head = rf"\emph{{{_tex(label)}}}{_tex(colon(sheet.language))}" if label else ""
        shown.append(rf"{{\footnotesize\raggedright {head}{_tex(content)}\par}}")
    return "\n".join([*shown, *end, ""])


def _tex_environment(
    layout: PageLayout, *, long: bool, two_columns: bool
) -> tuple[list[str], list[str], list[str]]:
    """Return what begins and ends a table, and the packages that turn its page."""
    if two_columns and not long:
        # a float across both columns; a turned page cannot be of two columns
        kind = "sidewaystable*" if layout.sideways else "table*"
        place = "" if layout.sideways else "[tp]"
        packages = ["rotating"] * layout.sideways
        return [rf"\begin{{{kind}}}{place}"], [rf"\end{{{kind}}}"], packages
    begin, end = [r"\begin{table}[htbp]"], [r"\end{table}"]
    if long:
        begin, end = [r"\begingroup"], [r"\endgroup"]
    if layout.sideways:
        begin, end = [r"\begin{landscape}", *begin], [*end, r"\end{landscape}"]
    if two_columns:
        # tables that continue on the next page need a page of one column
        begin, end = [r"\onecolumn", *begin], [*end, r"\twocolumn"]
    return begin, end, ["pdflscape"] * layout.sideways


_TEX_PADDING = 4
"""Padding of cells in points, one more in widths: small TeX letters are wider than measured."""


def _tex_part(
    sheet: Sheet, layout: PageLayout, part: Sequence[int], title: str, below: str, *, long: bool
) -> list[str]:
    """Return the columns of one part of a table as a separate environment."""
    columns = "".join(side[0] for side in sheet.align)
    heads = list(map(_tex_cell, sheet.header))
    widths: list[float] = []
    if layout.wraps:
        widths = [layout.widths[at] - 2 * _TEX_PADDING for at in part]
        columns = "".join(map(_tex_column, sheet.align, widths))
        heads = [
            rf"\multicolumn{{1}}{{{_tex_column(side, width, 'b')}}}{{{_tex(head)}}}"
            for side, width, head in zip(sheet.align, widths, sheet.header, strict=True)
        ]
    head = [r"\toprule", *_tex_spans(sheet, widths), " & ".join(heads) + r" \\", r"\midrule"]
    rows = []
    for at, row in enumerate(sheet.rows, 1):
        # lines that belong together stay on one page
        together = long and at < len(sheet.rows) and sheet.goes_on(at)
        end = r" \\*" if together else r" \\"
        rows.append(" & ".join(_tex_cell(cell.text) for cell in row) + end)
    if not long:
        begin, end = rf"\begin{{tabular}}{{{columns}}}", r"\end{tabular}\par\smallskip"
        return [begin, *head, *rows, r"\bottomrule", end]
    first = []
    if title:
        first.append(rf"{title}\\")
        if below:
            first.append(rf"\multicolumn{{{len(part)}}}{{c}}{{{below}}}\\")
    repeated = [*first, *head, r"\endfirsthead", *head, r"\endhead", r"\bottomrule", r"\endfoot"]
    return [rf"\begin{{longtable}}{{{columns}}}", *repeated, *rows, r"\end{longtable}"]


def _tex_column(side: Align, width: float, kind: str = "p") -> str:
    ragged = {"left": r"\raggedright", "center": r"\centering", "right": r"\raggedleft"}[side]
    return rf">{{{ragged}\arraybackslash}}{kind}{{{width:.0f}pt}}"


def as_markdown(sheet: Sheet, name: str = "") -> str:
    """Return a table as Markdown, title above and notes below; with a name, for Quarto."""
    rules = {"left": ":---", "center": ":---:", "right": "---:"}
    lines = []
    if sheet.title and not name:
        lines += [f"**{in_markdown(sheet.title)}**", ""]
    if sheet.subtitle:
        lines += [in_markdown(sheet.subtitle), ""]
    lines.append(f"| {' | '.join(in_markdown(name) for name in sheet.full_header())} |")
    lines.append(f"| {' | '.join(rules[align] for align in sheet.align)} |")
    lines += [f"| {' | '.join(in_markdown(cell.text) for cell in row)} |" for row in sheet.rows]
    if name:
        lines += [
            "",
            f": {in_markdown(sheet.title)} {{#tbl-{re.sub(r'[^A-Za-z0-9-]+', '-', name)}}}",
        ]
    for label, content in sheet.notes:
        head = f"*{in_markdown(label)}*{colon(sheet.language)}" if label else ""
        lines += ["", f"{head}{in_markdown(content)}"]
    return "\n".join([*lines, ""])


def as_csv(sheet: Sheet) -> str:
    """Return the numbers behind a table as CSV: full precision, integers without a point."""
    rows = sheet.detail
    if not rows:
        # cells without a number are as printed
        cells = [
            [cell.text if cell.number is None else cell.number for cell in row]
            for row in sheet.rows
        ]
        rows = (sheet.full_header(), *map(tuple, cells))
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(map(_safe, row) for row in rows)
    return written.getvalue()


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _tex_cell(text: str) -> str:
    # an opening bracket at the start of a row would be an option of the row break before it
    return f"{{{_tex(text)}}}" if text.startswith(("[", "*")) else _tex(text)


def _tex_spans(sheet: Sheet, widths: Sequence[float]) -> list[str]:
    spans, heads = sheet.spans(), []
    if not spans:
        return []
    for span in spans:
        several = span.stop - span.start
        room = sum(widths[span.start : span.stop]) + 2 * _TEX_PADDING * (several - 1)
        column = _tex_column("center", room, "b") if widths else "c"
        heads.append(
            rf"\multicolumn{{{several}}}{{{column}}}{{{_tex(span.title)}}}"
            if span.title
            else " & " * (several - 1)
        )
    rules = [rf"\cmidrule(lr){{{span.start + 1}-{span.stop}}}" for span in spans if span.title]
    return [" & ".join(heads) + r" \\", " ".join(rules)]


def in_markdown(text: str) -> str:
    """Return words as a cell of a table."""
    return re.sub(r"([\\|*_`<\[\]])", r"\\\1", text).replace("\n", " ")


def _safe(value: str | float | None) -> str | float | None:
    if isinstance(value, float):
        # Beyond 2**53 a float does not represent every integer: its own digits are written.
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    # a spreadsheet would read these words as a formula
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
