"""What describes the questions of an export of KoboToolbox or ODK: its XLSForm, or a CSV of labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.errors import LoadError
from diplab.loaders.kobo.columns import placed_in
from diplab.loaders.kobo.export import stem_of
from diplab.loaders.kobo.xlsform_sheets import form_of, is_xlsform
from diplab.loaders.limits import open_archive
from diplab.loaders.source import open_source, refused
from diplab.loaders.text import dialect_of, records, text_and_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from diplab.loaders.kobo.xlsform import Form
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["Structure", "check_described", "describes", "is_form_alone", "refuse_form", "structure_of"]

_KINDS = {"text", "integer", "decimal", "date", "select_one", "select_multiple", "geopoint", "image", "note"}
"""Types of questions, of which every form has one."""


@dataclass(frozen=True)
class Structure:
    """What is known of the questions.

    Parameters
    ----------
    form : Form or None
        The XLSForm.
    labels : mapping of str to str
        Wordings by header, where there is a CSV of labels.
    file : str
        Name of the file that says so; empty where there is none.
    """

    form: Form | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


def structure_of(source: SourceFile, request: Request) -> Structure:
    """Return what describes the questions of a file: what was given, or lies beside it under its name.

    Beside `workers.csv` these are looked for: `workers.xlsform.xlsx`, `workers.xlsx` where it is an XLSForm, and
    `workers.labels.csv` (columns `name` and `label`).

    Raises
    ------
    LoadError
        Where the file given is neither an XLSForm nor a CSV of labels.
    """
    if request.structure is not None:
        given = open_source(request.structure)
        if given.suffix == ".csv":
            return Structure(labels=_labels(given), file=given.path.name)
        if given.suffix not in (".xlsx", ".xlsm"):
            raise refused(
                given,
                f"Its suffix `{given.suffix}` is not that of a form that diplab reads.",
                "Write the path of the XLSForm, saved as .xlsx, or of a CSV with the columns `name` and `label`.",
            )
        return Structure(form=form_of(given), file=given.path.name)
    for path in _beside(source.path):
        opened = open_source(path)
        if opened.suffix == ".csv":
            return Structure(labels=_labels(opened), file=path.name)
        if path.name.endswith(".xlsform.xlsx") or _is_form(opened):
            return Structure(form=form_of(opened), file=path.name)
    return Structure()


def describes(source: SourceFile, request: Request) -> bool:
    """Return whether an XLSForm, or a CSV of labels, is given for a file or lies beside it."""
    if request.structure is None:
        return any(path.name.endswith(".xlsform.xlsx") for path in _beside(source.path))
    if request.structure.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods"):
        return True
    if request.structure.suffix.lower() != ".csv":
        return False
    try:
        return bool(_labels(open_source(request.structure)))
    except LoadError:
        return False


def is_form_alone(source: SourceFile, request: Request) -> bool:
    """Return whether a workbook is an XLSForm, and not answers: its sheet `survey` has types of questions."""
    try:
        if b'name="survey"' not in open_archive(source).get("xl/workbook.xml", b"").lower():
            return False
        return is_xlsform(source) and any(each.kind in _KINDS for each in form_of(source).questions)
    except LoadError:
        return False


def refuse_form(source: SourceFile, request: Request) -> Microdata:
    """Say of an XLSForm that it holds no answers.

    Raises
    ------
    LoadError
        Always.
    """
    raise refused(
        source,
        "It is the form of a survey (XLSForm): its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, '
        'or `file_format="excel"` to read its first sheet.',
    )


def check_described(
    source: SourceFile, request: Request, structure: Structure, headers: Sequence[str]
) -> None:
    """Refuse a form, or labels, that were given and know none of the columns.

    Raises
    ------
    LoadError
        Where it is so.
    """
    if request.structure is None:
        return
    form, labels = structure.form, structure.labels
    repeats = () if form is None else dict.fromkeys(each.repeat for each in form.questions)
    known = any(
        each.question is not None for repeat in repeats for each in placed_in(headers, form, repeat).values()
    )
    if known or (form is None and (not labels or set(labels) & set(headers))):
        return
    raise refused(
        source,
        f"None of its columns is a question of the form in `{structure.file}`.",
        "Write the form of the survey that was answered, or leave `structure` out.",
    )


def _is_form(source: SourceFile) -> bool:
    """Return whether a workbook that bears the name of the data is their form; one that is damaged is not."""
    try:
        return is_xlsform(source)
    except LoadError:
        return False


def _beside(path: Path) -> Iterator[Path]:
    for stem in dict.fromkeys((path.stem, stem_of(path))):
        for suffix in (".xlsform.xlsx", ".xlsx", ".labels.csv"):
            beside = path.with_name(f"{stem}{suffix}")
            if beside.name != path.name and beside.is_file():
                yield beside


def _labels(source: SourceFile) -> dict[str, str]:
    text, encoding = text_and_encoding(source)
    header, rows = records(source, text, dialect_of(text, encoding, source.suffix))
    if not {"name", "label"} <= set(header):
        raise refused(
            source,
            "It has no columns `name` and `label`.",
            "Write the path of the XLSForm (.xlsx), or of a CSV with the columns `name` and `label`.",
        )
    name, label = header.index("name"), header.index("label")
    return {row[name]: row[label] for row in rows if row[label] != row[name]}
