"""Tables as LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import re

from diplab.presentation.language import colon
from diplab.presentation.sheet import Sheet
from diplab.reference.text import NARROW, NO_BREAK

_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    NO_BREAK: "~", NARROW: r"\,", "−": "$-$", "€": r"\texteuro{}", "∞": r"$\infty$", "χ": r"$\chi$", "θ": r"$\theta$",
    "μ": r"$\mu$", **{sign: rf"\textsuperscript{{{figure}}}" for figure, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "≥": r"$\geq$", "≤": r"$\leq$", "≠": r"$\neq$", "±": r"$\pm$",
}  # fmt: skip


def as_tex(sheet: Sheet) -> str:
    """Return a table as LaTeX (packages booktabs and textcomp), every label escaped."""
    columns = "".join(align[0] for align in sheet.align)
    lines = [r"\begin{table}", r"\centering"]
    if sheet.title:
        lines.append(rf"\caption{{{_tex(sheet.title)}}}")
    if sheet.subtitle:
        lines.append(rf"{{\small {_tex(sheet.subtitle)}\par}}")
    lines += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *_tex_spans(sheet), _tex_row(sheet.header), r"\midrule"]
    lines += [_tex_row(tuple(cell.text for cell in row)) for row in sheet.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    for label, content in sheet.notes:
        head = rf"\emph{{{_tex(label)}}}{_tex(colon(sheet.language))}" if label else ""
        lines.append(rf"{{\footnotesize\raggedright {head}{_tex(content)}\par}}")
    return "\n".join([*lines, r"\end{table}", ""])


def as_markdown(sheet: Sheet) -> str:
    """Return a table as Markdown, title in bold above and notes below."""
    rules = {"left": ":---", "center": ":---:", "right": "---:"}
    lines = [f"**{_md(sheet.title)}**", ""] if sheet.title else []
    lines += [_md(sheet.subtitle), ""] if sheet.subtitle else []
    lines.append(f"| {' | '.join(_md(name) for name in sheet.full_header())} |")
    lines.append(f"| {' | '.join(rules[align] for align in sheet.align)} |")
    lines += [f"| {' | '.join(_md(cell.text) for cell in row)} |" for row in sheet.rows]
    for label, content in sheet.notes:
        head = f"*{_md(label)}*{colon(sheet.language)}" if label else ""
        lines += ["", f"{head}{_md(content)}"]
    return "\n".join([*lines, ""])


def as_csv(sheet: Sheet) -> str:
    """Return the numbers behind a table as CSV: commas, points, full precision, whole numbers without a point.

    Cells without a number are as printed; words that a spreadsheet would take for a formula get an apostrophe in front.
    """
    cells = (tuple(cell.text if cell.number is None else cell.number for cell in row) for row in sheet.rows)
    rows: tuple[tuple[str | float | None, ...], ...] = sheet.detail or (sheet.full_header(), *cells)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([[_safe(value) for value in row] for row in rows])
    return written.getvalue()


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _tex_row(cells: tuple[str, ...]) -> str:
    # A bracket that opens a row would be read as an option of the row break before it.
    shown = [f"{{{_tex(cell)}}}" if cell.startswith(("[", "*")) else _tex(cell) for cell in cells]
    return " & ".join(shown) + r" \\"


def _tex_spans(sheet: Sheet) -> list[str]:
    spans = sheet.spans()
    if not spans:
        return []
    heads = [
        rf"\multicolumn{{{span.stop - span.start}}}{{c}}{{{_tex(span.title)}}}" if span.title else "" for span in spans
    ]
    rules = [rf"\cmidrule(lr){{{span.start + 1}-{span.stop}}}" for span in spans if span.title]
    return [" & ".join(heads) + r" \\", " ".join(rules)]


def _md(text: str) -> str:
    return re.sub(r"([\\|*_`<\[\]])", r"\\\1", text).replace("\n", " ")


def _safe(value: str | float | None) -> str | float | None:
    if isinstance(value, float):
        # Beyond 2**53 a float no longer holds every whole number: its own digits say so.
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
