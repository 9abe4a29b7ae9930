"""DDI Codebook, the language in which archives describe surveys (version 2.5; 1.2 to 2.1 are read too).

What a file of DDI holds: title; file, checksum and reader; sections of the questionnaire; questions with several
answers; for each variable its name, label, question, answers, measure, missing codes and ranges with their reasons,
in every language. What it has no element for (`storage`, `languages`, steps, notices) is in notes of type `diplab`,
which other programs show as they are. What it loses: `Codebook.reasons`, since counts of answers are written only with
`data`; a sign that XML cannot hold (a control sign, half a pair), which becomes a mark.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.ddi.groups import group_lines, groups_in
from diplab.loaders.ddi.study import origin_in, steps_in, study_lines, title_in
from diplab.loaders.ddi.variables import variable_in, variable_lines
from diplab.loaders.ddi.words import LANGUAGE, Wordings, children, local, marked
from diplab.loaders.source import open_source
from diplab.loaders.xml import parsed_xml
from diplab.microdata.codebook import Codebook
from diplab.microdata.disclosure import disclose

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from diplab.microdata.microdata import Microdata

__all__ = ["read_ddi", "write_ddi"]

_NAMESPACE = "ddi:codebook:2_5"
_SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_DEEPEST = 100_000
"""Elements in one another: archives put the markup of pages in their descriptions."""


def read_ddi(path: str | os.PathLike[str]) -> Codebook:
    """Read the codebook of a survey from a file of DDI Codebook.

    Files that archives made (with or without a namespace, of versions 1.2 to 2.5) are read for what they share.
    Entities are refused, and what a file points to is never fetched.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Codebook
        Variables, sections, questions with several answers, title, languages.

    Raises
    ------
    LoadError
        Where the file is absent, is not XML, is not DDI Codebook, or describes no variable.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "archive.xml")
    ...     _ = file.write_text(
    ...         '<codeBook><dataDscr><var name="SEX"><labl>Sex</labl></var></dataDscr></codeBook>',
    ...         encoding="utf-8",
    ...     )
    ...     read_ddi(file)["SEX"].label.en
    'Sex'
    """
    file = Path(path)
    book = _codebook_element(file)
    exact = any((each.text or "").startswith("diplab") for each in book.iter() if local(each) == "software")
    wordings = Wordings(exact=exact, language="" if exact else book.get(LANGUAGE, ""))
    names: dict[str, str] = {}
    variables = {}
    described = [each for part in children(book, "dataDscr") for each in children(part, "var")]
    for element in described:
        variable = variable_in(element, wordings)
        # a file with several tables may describe a key in each of them
        if variable is not None and variable.name not in variables:
            variables[variable.name] = variable
            names[element.get("ID", "")] = variable.name
    if not variables and not exact:
        raise _refused(
            file.name, "It describes no variable.", "Ask the archive for the description of its variables."
        )
    groups = [each for part in children(book, "dataDscr") for each in children(part, "varGrp")]
    variables, sets = groups_in(groups, variables, names, wordings)
    origin, languages = origin_in(book, wordings)
    return Codebook(
        variables,
        origin,
        sets=sets,
        title=title_in(book, wordings),
        languages=languages if exact else tuple(wordings.met),
        steps=steps_in(book, wordings),
    )


def write_ddi(codebook: Codebook, path: str | os.PathLike[str], *, data: Microdata | None = None) -> Path:
    """Write a codebook as a file of DDI Codebook 2.5, from which `read_ddi` gives the same codebook back.

    Parameters
    ----------
    codebook : Codebook
        What to write.
    path : path
        Where; the file is replaced only once the new one is whole.
    data : Microdata, optional
        Answers, of which counts and means are written: never a count of fewer than five people, nor what would
        give one back.

    Returns
    -------
    Path
        The file written.

    Examples
    --------
    >>> import tempfile
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman")}, missing={9: "refused"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read_ddi(write_ddi(book, f"{folder}/survey.xml"))
    >>> back == book
    True
    """
    file = Path(path)
    frame: Any = None if data is None else data.frame
    lines = [
        f"<codeBook {_attributes()}>",
        *study_lines(codebook, None if frame is None else frame.shape),
        marked("dataDscr", _data_lines(codebook, data)),
        "</codeBook>",
    ]
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        content = '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n"
        part.write_text(content, encoding="utf-8", newline="\n")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


def _attributes() -> str:
    return (
        f'xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="2.5" '
        f'xsi:schemaLocation="{_NAMESPACE} {_SCHEMA}"'
    )


def _data_lines(codebook: Codebook, data: Microdata | None) -> list[str]:
    held = set() if data is None or not isinstance(data.frame, pd.DataFrame) else set(data.frame)
    lines = group_lines(codebook)
    for number, (name, variable) in enumerate(codebook.variables.items(), 1):
        shown = disclose(data, name) if data is not None and name in held else None
        lines.append(variable_lines(variable, number, shown))
    return lines


def _codebook_element(file: Path) -> Element:
    """Return the element that holds the codebook: the whole file, or a part of what a catalogue answered."""
    try:
        # DDI 1 and 2 begin with a document type that names a file
        root = parsed_xml(open_source(file), named_type=True, deepest=_DEEPEST)
    except LoadError as wrong:
        raise _refused(file.name, wrong.found, wrong.write) from wrong
    book = next((each for each in root.iter() if local(each) == "codeBook"), None)
    if book is None:
        found = f"It is XML of another kind: its first element is `{local(root)[:60]}`."
        if local(root) in ("DDIInstance", "FragmentInstance"):
            found = "It is DDI Lifecycle, the other language of the DDI."
        raise _refused(file.name, found, "Write a file of DDI Codebook, whose first element is `codeBook`.")
    return book


def _refused(file: str, found: str, write: str) -> LoadError:
    return LoadError(f"The codebook `{file}` was to be read.", found, write)
