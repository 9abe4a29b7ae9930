"""What a file says of its columns, corrected and completed by a codebook given by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.errors import nearest
from diplab.loaders.source import refused
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from diplab.loaders.source import SourceFile
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.variable import Code, Variable

__all__ = ["is_synthetic", "merge_codebooks", "merge_variables"]


def merge_variables(
    variables: Mapping[str, Variable], codebook: Codebook | None, source: SourceFile
) -> dict[str, Variable]:
    """Return the variables of a file as the given codebook corrects and completes them.

    A codebook may describe more columns than this file has (one codebook for several files); those are left
    out. One that describes none of them belongs to another file.
    """
    if codebook is None or not codebook.variables:
        return dict(variables)
    if variables and not set(codebook.variables) & set(variables):
        first, *others = codebook.variables
        shown = f"`{first}`" + (f" and {len(others)} more" if others else " alone")
        raise refused(
            source,
            f"Its codebook describes {shown}, and the file has none of them.",
            f"Write the names that the file uses, such as {nearest(first, variables)}.",
        )
    return {
        name: merge_variable(variable, codebook.variables[name]) if name in codebook else variable
        for name, variable in variables.items()
    }


def merge_variable(own: Variable, by_hand: Variable) -> Variable:
    """Return a variable as its file has it, corrected and completed by a codebook.

    What the codebook says wins: its wordings replace the file's, its codes are added to the file's, and a
    code that it labels as an answer is no longer missing. The label of a code declared missing becomes its
    reason.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> from diplab.reference.text import Text
    >>> found = Variable("sex", values={1: Text.same("F"), 9: Text.same("?")})
    >>> merge_variable(found, Variable("sex", missing={9: ""})).missing
    {9: '?'}
    """
    labels = {**own.values, **by_hand.values}
    missing = {code: reason for code, reason in own.missing.items() if code not in by_hand.values}
    missing |= {code: reason or missing.get(code, "") for code, reason in by_hand.missing.items()}
    missing = {
        code: reason or (labels[code].en if code in labels else "") for code, reason in missing.items()
    }
    return replace(
        own,
        label=by_hand.label or own.label,
        question=by_hand.question or own.question,
        values={code: label for code, label in labels.items() if code not in missing},
        measure=own.measure if by_hand.measure == "unknown" else by_hand.measure,
        missing=missing,
        missing_ranges=by_hand.missing_ranges or own.missing_ranges,
        group=by_hand.group or own.group,
        part_of=by_hand.part_of or own.part_of,
        storage=by_hand.storage or own.storage,
        unit=by_hand.unit or own.unit,
        missing_labels=_missing_labels(labels, missing, own, by_hand),
    )


def _missing_labels(
    labels: Mapping[Code, Text], missing: Mapping[Code, str], own: Variable, by_hand: Variable
) -> dict[Code, Text]:
    """Return the wordings of missing codes that differ between languages: their labels, where they were answers."""
    labelled = {**own.missing_labels, **by_hand.missing_labels}
    wordings = {code: labelled.get(code) or labels.get(code) for code in missing}
    return {
        code: text
        for code, text in wordings.items()
        if text and text.en == missing[code] and (code in labelled or text != Text.same(text.en))
    }


def merge_codebooks(own: Codebook, by_hand: Codebook | None, columns: Collection[str]) -> Codebook:
    """Return the sets, title, languages and steps of a file, completed by a codebook.

    A question with several answers is left out where one of its columns was not read.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.multiple_response import Responses
    >>> held = Codebook(sets={"uses": Responses("uses", ["mail", "phone"])})
    >>> list(merge_codebooks(held, None, ["mail"]).sets), list(merge_codebooks(held, None, ["mail", "phone"]).sets)
    ([], ['uses'])
    """
    sets = {**own.sets, **(by_hand.sets if by_hand is not None else {})}
    within = {name: each for name, each in sets.items() if set(each.columns) <= set(columns)}
    if by_hand is None:
        return replace(own, sets=within)
    return replace(
        own,
        sets=within,
        title=by_hand.title or own.title,
        languages=by_hand.languages or own.languages,
        steps=(*own.steps, *by_hand.steps),
    )


def is_synthetic(own: Codebook, by_hand: Codebook | None) -> bool:
    """Return whether data are synthetic, by their file or by their codebook."""
    return own.origin.synthetic or (by_hand is not None and by_hand.origin.synthetic)
