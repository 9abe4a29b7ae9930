"""What a DDI file says of the survey and of its file: title, provenance, what was done to the data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast, get_args

from diplab.loaders.ddi.words import children, held_in, local, marked, noted, worded
from diplab.microdata.codebook import Origin
from diplab.microdata.history import Step, StepKind
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from diplab.loaders.ddi.words import Wordings
    from diplab.microdata.codebook import Codebook

__all__ = ["origin_in", "steps_in", "study_lines", "title_in"]

_SYNTHETIC = Text("Données synthétiques : personne n'a répondu.", "Synthetic data: nobody answered.")


def study_lines(codebook: Codebook, shape: tuple[int, ...] | None) -> list[str]:
    """Return the parts of a file that stand before its variables.

    Parameters
    ----------
    codebook : Codebook
        Title, origin, languages, steps.
    shape : tuple of int or None
        Rows and columns of the data, where they are known.
    """
    from diplab import __version__

    origin = codebook.origin
    of_file = f"Codebook of {origin.file}" if origin.file else "Codebook"
    document = marked(
        "citation",
        [
            marked("titlStmt", [marked("titl", f"{of_file} (DDI Codebook 2.5)")]),
            marked("prodStmt", [marked("software", "diplab", version=__version__)]),
        ],
    )
    notes = [
        *noted("languages", " ".join(codebook.languages)),
        *(noted("synthetic", _SYNTHETIC) if origin.synthetic else []),
    ]
    for number, notice in enumerate(origin.notices, 1):
        notes += noted(f"notice {number}", notice) or noted(f"notice {number} is empty", "-")
    for number, step in enumerate(codebook.steps, 1):
        rule = {"kind": step.kind, "variables": list(step.variables), "rows": step.rows}
        notes += [*noted(f"step {number}", step.said), *noted(f"step {number} rule", json.dumps(rule))]
    return [
        marked("docDscr", [document]),
        marked("stdyDscr", [marked("citation", [marked("titlStmt", _titles(codebook))]), *notes]),
        _file_line(origin, shape),
    ]


def _titles(codebook: Codebook) -> list[str]:
    if not codebook.title:
        # the schema asks for a title: one that nobody gave says that it comes from the archive
        return [marked("titl", codebook.origin.file or "?", source="archive")]
    first, *others = worded("titl", codebook.title)
    return [
        first,
        *(each.replace("<titl ", "<parTitl ", 1).replace("</titl>", "</parTitl>") for each in others),
    ]


def _file_line(origin: Origin, shape: tuple[int, ...] | None) -> str:
    counts = [] if shape is None else [marked("caseQnty", str(shape[0])), marked("varQnty", str(shape[1]))]
    about = [marked("fileName", origin.file)] if origin.file else []
    about += [marked("dimensns", counts)] if counts else []
    kept = {"sha256": origin.sha256, "reader": origin.reader, "date": origin.date}
    notes = [line for subject, words in kept.items() for line in noted(subject, words)]
    return marked("fileDscr", [*([marked("fileTxt", about)] if about else []), *notes], ID="F1")


def title_in(book: Element, wordings: Wordings) -> Text:
    """Return the title of the survey."""
    for statement in _within(book, "stdyDscr", "citation", "titlStmt"):
        titles = [each for each in children(statement, "titl", "parTitl") if _given(each, wordings)]
        if titles:
            return wordings.wording(titles)
    return NOTHING


def _given(title: Element, wordings: Wordings) -> bool:
    return not (wordings.exact and title.get("source") == "archive")


def origin_in(book: Element, wordings: Wordings) -> tuple[Origin, tuple[str, ...]]:
    """Return where the data come from, and the languages of the questionnaire as diplab noted them."""
    notes: dict[str, Text] = {}
    for part in children(book, "stdyDscr", "fileDscr"):
        notes = {**wordings.notes(part), **notes}
    name = next(_within(book, "fileDscr", "fileTxt", "fileName"), None)
    said = {key: notes[key].en for key in ("sha256", "reader", "date") if key in notes}
    origin = Origin(
        file=wordings.words(name), synthetic="synthetic" in notes, notices=tuple(_notices(notes)), **said
    )
    return origin, tuple(notes["languages"].en.split()) if "languages" in notes else ()


def _notices(notes: Mapping[str, Text]) -> Iterator[Text]:
    number = 1
    while f"notice {number}" in notes or f"notice {number} is empty" in notes:
        yield notes.get(f"notice {number}", NOTHING)
        number += 1


def steps_in(book: Element, wordings: Wordings) -> tuple[Step, ...]:
    """Return what was done to the data, as diplab noted it."""
    notes: dict[str, Text] = {}
    for part in children(book, "stdyDscr"):
        notes |= wordings.notes(part)
    steps: list[Step] = []
    while f"step {len(steps) + 1} rule" in notes:
        step = _step(notes, f"step {len(steps) + 1}")
        if step is None:
            break
        steps.append(step)
    return tuple(steps)


def _step(notes: Mapping[str, Text], subject: str) -> Step | None:
    rule = held_in(notes[f"{subject} rule"])
    if not isinstance(rule, dict):
        return None
    kind, variables, rows = rule.get("kind"), rule.get("variables"), rule.get("rows")
    if not isinstance(variables, list) or not isinstance(rows, int):
        return None
    if kind not in get_args(StepKind):
        return None
    return Step(cast("StepKind", kind), tuple(map(str, variables)), notes.get(subject, NOTHING), rows)


def _within(element: Element, *names: str) -> Iterator[Element]:
    """Return the elements that a path of names leads to."""
    first, *rest = names
    for each in element:
        if local(each) == first:
            if rest:
                yield from _within(each, *rest)
            else:
                yield each
