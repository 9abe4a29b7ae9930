"""A codebook written by hand laid over what a file says of itself."""

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

__all__ = ["completed", "described", "overlay", "synthetic"]


def described(
    variables: Mapping[str, Variable], codebook: Codebook | None, source: SourceFile
) -> dict[str, Variable]:
    """Return the variables of a file as the given codebook corrects and completes them.

    A codebook may describe more columns than this file has (one codebook for several files); those are left
    out. One that describes none of them belongs to another file.

    Raises
    ------
    LoadError
        Where the codebook and the file have no column in common.
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
        name: overlay(variable, codebook.variables[name]) if name in codebook else variable
        for name, variable in variables.items()
    }


def overlay(found: Variable, given: Variable) -> Variable:
    """Return a variable as its file has it, corrected and completed by a codebook.

    What the codebook says wins: its wordings replace the file's, its codes are added to the file's, and a
    code that it labels as an answer is no longer missing. The label of a code declared missing becomes its
    reason.

    Parameters
    ----------
    found : Variable
        As the file says.
    given : Variable
        As the codebook says.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> from diplab.reference.text import Text
    >>> found = Variable("sex", values={1: Text.same("F"), 9: Text.same("?")})
    >>> overlay(found, Variable("sex", missing={9: ""})).missing
    {9: '?'}
    """
    labels = {**found.values, **given.values}
    missing = {code: reason for code, reason in found.missing.items() if code not in given.values}
    missing |= {code: reason or missing.get(code, "") for code, reason in given.missing.items()}
    missing = {
        code: reason or (labels[code].en if code in labels else "") for code, reason in missing.items()
    }
    return replace(
        found,
        label=given.label or found.label,
        question=given.question or found.question,
        values={code: label for code, label in labels.items() if code not in missing},
        measure=found.measure if given.measure == "unknown" else given.measure,
        missing=missing,
        missing_ranges=given.missing_ranges or found.missing_ranges,
        group=given.group or found.group,
        part_of=given.part_of or found.part_of,
        storage=given.storage or found.storage,
        unit=given.unit or found.unit,
        missing_labels=_worded(labels, missing, found, given),
    )


def _worded(
    labels: Mapping[Code, Text], missing: Mapping[Code, str], found: Variable, given: Variable
) -> dict[Code, Text]:
    """Return the wordings of missing codes that differ between languages: their labels, where they were answers."""
    own = {**found.missing_labels, **given.missing_labels}
    said = {code: own.get(code) or labels.get(code) for code in missing}
    return {
        code: text
        for code, text in said.items()
        if text and text.en == missing[code] and (code in own or text != Text.same(text.en))
    }


def completed(found: Codebook, given: Codebook | None, columns: Collection[str]) -> Codebook:
    """Return what a file says of itself beside its variables, completed by a codebook: sets, title, languages, steps.

    A question with several answers is left out where one of its columns was not read.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.multiple_response import Responses
    >>> held = Codebook(sets={"uses": Responses("uses", ["mail", "phone"])})
    >>> list(completed(held, None, ["mail"]).sets), list(completed(held, None, ["mail", "phone"]).sets)
    ([], ['uses'])
    """
    sets = {**found.sets, **(given.sets if given is not None else {})}
    within = {name: each for name, each in sets.items() if set(each.columns) <= set(columns)}
    if given is None:
        return replace(found, sets=within)
    return replace(
        found,
        sets=within,
        title=given.title or found.title,
        languages=given.languages or found.languages,
        steps=(*found.steps, *given.steps),
    )


def synthetic(found: Codebook, given: Codebook | None) -> bool:
    """Return whether data are synthetic, by their file or by their codebook."""
    return found.origin.synthetic or (given is not None and given.origin.synthetic)
