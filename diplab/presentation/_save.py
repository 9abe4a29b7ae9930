"""Saving of tables, figures and codebooks, in the format of the suffix of the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.checks import type_name
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.presentation.language import check_language
from diplab.presentation.made import Made
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language

if TYPE_CHECKING:
    from great_tables import GT
    from matplotlib.figure import Figure

    from diplab.disclosure.profile import ProfileName
    from diplab.presentation.sheet import Sheet
    from diplab.sampling.sample import Sample

TABLE_SUFFIXES = (".html", ".tex", ".docx", ".xlsx", ".md", ".qmd", ".csv")
_ONLY_CODEBOOKS = (".html", ".docx", ".md", ".xml", ".toml", ".lss", ".xlsx")
_ONLY_DATA = (".sav", ".zsav", ".dta", ".tsv", ".parquet")
"""Suffixes of files for codebooks only, and for data only."""


def save(
    thing: GT | Figure | Codebook,
    path: str | Path,
    *,
    language: Language | None = None,
    data: Microdata | pd.DataFrame | None = None,
    profile: ProfileName | str | Path | None = None,
    sample: Sample | None = None,
    two_columns: bool = False,
) -> Path:
    r"""Write a table, a figure or a codebook to a file, whole or not at all.

    Parameters
    ----------
    thing : great_tables.GT, matplotlib.figure.Figure or Codebook
        A table of `diplab.table`, a figure of `diplab.chart` or matplotlib, or a codebook. The
        answers of a survey are written by `diplab.write`.
    path : str or Path
        Path of the file. Tables: html, tex, docx, xlsx, md, qmd (Markdown with a caption for
        cross-references of Quarto), csv. Figures: svg, pdf, eps, png, tiff, jpeg. Codebooks: html,
        docx, md, csv, xml (DDI Codebook 2.5), toml, and as a questionnaire to ask: lss (LimeSurvey)
        and xlsx (XLSForm, for KoboToolbox and ODK), with a warning that names what is not asked
        (computed variables, weights) and what has another name or code there. Edits of a table by
        methods of great_tables: hidden, moved, renamed or aligned columns, titles and notes are in
        every format; colours, fonts and widths are in HTML only; other changes raise an error in
        other formats.
    language : {"fr", "en"}, optional
        Language of a codebook (English by default); tables and figures have theirs already.
    data : Microdata or pandas.DataFrame, optional
        Answers to count in a codebook (html, docx, md, xml): it shows the counts that may be
        published, none of fewer than five people.
    profile : str, optional
        Rules of disclosure control, as in `publish`: a table or a figure is rebuilt from the
        published result, and the record for the output checker is written next to it,
        `table.disclosure.json` for `table.docx`. One made from a published result is written as it
        is. A profile that requires a reason is applied first:
        `dl.save(dl.table(dl.publish(result, "none", reason="...")), ...)`.
    sample : Sample, optional
        With `profile`: the sample of the result, if `publish` requires it.
    two_columns : bool
        For a table as tex: set it across both columns of a text in two columns (`table*`).

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        For an unknown suffix, an object that is none of these, or a `language` or `data` given for
        a table or a figure.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.presentation.tables import table
    >>> answers = table(pd.DataFrame({"a": ["1"]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(answers, f"{folder}/table.md").read_text(encoding="utf-8")
    '| a |\n| :--- |\n| 1 |\n'
    """
    from great_tables import GT
    from matplotlib.figure import Figure

    if profile is not None:
        thing, record = _published(thing, profile, sample)
        written = save(thing, path, language=language, data=data, two_columns=two_columns)
        write_atomically(
            written.with_suffix(".disclosure.json"), f"{json.dumps(record, indent=2)}\n".encode()
        )
        return written
    if sample is not None:
        raise OptionError(
            "`sample` is used for disclosure control, and there is no `profile`.",
            write=f"Write `dl.save(thing, {Path(path).name!r}, profile='standard', "
            "sample=sample)`, or leave it out.",
        )
    if isinstance(thing, Codebook):
        from diplab.presentation.codebook.files import CODEBOOK_SUFFIXES, save_codebook

        chosen: Language = "en" if language is None else language
        check_language(chosen)
        _known_suffix(path, CODEBOOK_SUFFIXES, "a codebook")
        counted = thing if data is None else replace(as_microdata(data), codebook=thing)
        return save_codebook(counted, path, chosen)
    if not isinstance(thing, GT | Figure):
        raise _not_saved(thing, path)
    if language is not None:
        raise OptionError(
            f"`language={language!r}` applies to codebooks only, not to `{Path(path).name}`.",
            "A table or a figure has the language in which it was made.",
            f"Write `dl.table(estimates, language={language!r})`, and save it without `language`.",
        )
    if data is not None:
        raise OptionError(
            f"`data` applies to codebooks only, not to `{Path(path).name}`.", "", "Omit `data`."
        )
    suffix = Path(path).suffix.lower()
    if two_columns and (isinstance(thing, Figure) or suffix != ".tex"):
        raise OptionError(
            f"`two_columns=True` does not apply to `{Path(path).name}`.",
            "It is for tables in LaTeX.",
            "Write a file that ends in `.tex`, or leave it out.",
        )
    if isinstance(thing, Figure):
        return _save_figure(thing, path)
    return _save_table(thing, path, two_columns=two_columns)


def _published(
    thing: Any, profile: str | Path, sample: Sample | None
) -> tuple[Any, Mapping[str, Any]]:
    """Return a table or figure rebuilt from its published result, and the record."""
    from diplab.disclosure._publish import publish
    from diplab.disclosure.publishable import record_of
    from diplab.sampling.sample import Sample

    call = thing.call if isinstance(thing, Made) else None
    if call is None or thing.edited:
        why = "It was not made from a result by `dl.table` or `dl.chart`."
        if call is not None:
            why = "It was edited after it was made."
        raise OptionError(
            f"`profile={str(profile)!r}` cannot be applied to this `{type_name(thing)}`.",
            why,
            "Write `dl.publish(result, ...)` first, and make it from the published result.",
        )
    if isinstance(call.result, Sample):
        record = thing.chart.disclosure
        if not record:
            return _published(call.again(call.result, profile=profile), profile, None)
        return thing, _of_the_same(profile, record)
    several = list(call.result.values()) if isinstance(call.result, Mapping) else call.result
    first, *_ = several if isinstance(several, list | tuple) else [several]
    known = record_of(first)
    if not known:
        result = publish(call.result, profile, sample=sample, notes=call.options.get("notes"))
        return _published(call.again(result), profile, None)
    return thing, _of_the_same(profile, known)


def _of_the_same(profile: str | Path, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record of a published result; raise an error for another profile."""
    from diplab.disclosure.profile import profile_of

    if record["profile"]["name"] != profile_of(profile).name:
        raise OptionError(
            f"`profile={str(profile)!r}` is not that of the result.",
            f"It was published under {record['profile']['name']!r}.",
            "Write that one, or publish the estimates again.",
        )
    return record


def _not_saved(thing: object, path: str | Path) -> OptionError:
    """Return the error for an object that cannot be saved; for data, with lines to write."""
    suffix = Path(path).suffix.lower()
    if not isinstance(thing, Microdata) and type(thing).__name__ != "DataFrame":
        return OptionError(
            f"A `{type_name(thing)}` cannot be saved.",
            "Only tables (great_tables GT), figures (matplotlib Figure) and codebooks can be "
            "saved.",
            "Write `dl.save(dl.table(estimates), ...)` or `dl.save(dl.chart(estimates), ...)`.",
        )
    lines = []
    if suffix not in _ONLY_CODEBOOKS:
        lines.append(f"`dl.write(data, {str(path)!r})` for the answers")
    if isinstance(thing, Microdata) and suffix not in _ONLY_DATA:
        lines.append(f"`dl.save(data.codebook, {str(path)!r})` for their codebook")
    if not lines:  # a frame has no codebook
        lines.append(f"`dl.write(data, {str(Path(path).with_suffix('.csv'))!r})` for the answers")
    return OptionError(
        f"A `{type_name(thing)}` is data, which `dl.save` does not write.",
        "It writes tables, figures and codebooks.",
        f"Write {', or '.join(lines)}.",
    )


def _save_figure(figure: Figure, path: str | Path) -> Path:
    from diplab.presentation.writers.figures import FIGURE_SUFFIXES, save_figure

    _known_suffix(path, FIGURE_SUFFIXES, "a figure")
    caption = getattr(figure, "caption", None)
    if caption is not None:
        return save_figure(figure, path, title=caption.title, description=caption.description)
    title = figure.get_suptitle() or next(
        (axes.get_title() for axes in figure.axes if axes.get_title()), ""
    )
    return save_figure(
        figure, path, title=title or Path(path).stem, description=title or Path(path).stem
    )


def _save_table(table: GT, path: str | Path, *, two_columns: bool) -> Path:
    from diplab.presentation.sheet import PrintedTable

    suffix = _known_suffix(path, TABLE_SUFFIXES, "a table")
    sheet: Sheet | None = getattr(table, "sheet", None)
    if suffix == ".html":
        return write_atomically(path, _page(table, sheet).encode("utf-8"))
    if sheet is None:
        raise OptionError(
            f"A table of great_tables cannot be saved as `{suffix}`.",
            "It was not made by diplab, so its plain content is not known.",
            "Write `dl.table(estimates)` to make it, or save it as `.html`.",
        )
    assert isinstance(table, PrintedTable)  # others have no sheet
    if edit := table.not_carried():
        raise OptionError(
            f"`{edit}` of great_tables changed this table, which `{Path(path).name}` would not "
            "show.",
            "Other formats than HTML only keep changes of columns (order, names), titles and "
            "notes.",
            "Use the options of `dl.table` (`decimals`, `labels`, `notes`, `hide`), or save it as "
            "`.html`.",
        )
    content = _content(sheet, suffix, Path(path).stem, two_columns=two_columns)
    return write_atomically(path, content)


def _content(sheet: Sheet, suffix: str, name: str, *, two_columns: bool) -> bytes:
    """Return a sheet as the file of a suffix; each format loads its own writer."""
    if suffix == ".docx":
        from diplab.presentation.writers.word import as_docx

        return as_docx(sheet)
    if suffix == ".xlsx":
        from diplab.presentation.writers.excel import as_xlsx

        return as_xlsx(sheet)
    from diplab.presentation.writers.text import as_csv, as_markdown, as_tex

    if suffix == ".tex":
        return as_tex(sheet, name=name, two_columns=two_columns).encode()
    if suffix == ".csv":
        return as_csv(sheet).encode()
    return as_markdown(sheet, name=name if suffix == ".qmd" else "").encode()


def _page(table: GT, sheet: Sheet | None) -> str:
    language, title = (sheet.language, sheet.title) if sheet else ("en", "")
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title or 'diplab')}</title>\n</head>\n"
        f"<body>\n{table.as_raw_html()}\n</body>\n</html>\n"
    )


def _known_suffix(path: str | Path, suffixes: tuple[str, ...], what: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes:
        raise OptionError(
            f"`{Path(path).name}` is not a file that {what} can be saved to.",
            f"Its suffix is one of: {', '.join(suffixes)}.",
            "Write `.html`, and print the page as PDF."
            if suffix == ".pdf" and ".html" in suffixes
            else "",
        )
    return suffix
