"""The bases of a share of full-time workers, each with its words: who is in it, and who is counted there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.reference.text import Text
from diplab.sampling.expression import Apply, Column, Constant, Expression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.sampling.sample import Sample

__all__ = ["BASES", "LABELS", "SEVERAL", "Base", "bases_of", "of_answers", "told", "within"]

SEVERAL = Text("chaque ligne a son champ", "each row has a base of its own")

LABELS = {
    "everyone": Text("tous les répondants", "all respondents"),
    "at_least": Text("tous les répondants, au moins", "all respondents, at least"),
    "at_most": Text("tous les répondants, au plus", "all respondents, at most"),
    "known": Text("temps de travail connu", "working time known"),
    "employed": Text("en emploi", "the employed"),
    "employees": Text("salariés", "employees"),
    "permanent": Text("titulaires d’un CDI", "permanent contracts"),
}
"""As the lines of tables and figures name them."""

_WITHOUT = Text(
    "(aucun de ceux dont le temps de travail n’est pas connu n’est compté)",
    "(none of those whose working time is unknown is counted)",
)
_WITH = Text(
    "(tous ceux dont le temps de travail n’est pas connu sont comptés)",
    "(all those whose working time is unknown are counted)",
)
BASES = {
    "everyone": LABELS["everyone"],
    "at_least": Text(f"{LABELS['everyone'].fr} {_WITHOUT.fr}", f"{LABELS['everyone'].en} {_WITHOUT.en}"),
    "at_most": Text(f"{LABELS['everyone'].fr} {_WITH.fr}", f"{LABELS['everyone'].en} {_WITH.en}"),
    "known": Text("répondants dont le temps de travail est connu", "respondents whose working time is known"),
    "employed": Text(
        "répondants en emploi (salariés et à leur compte) dont le temps de travail est connu",
        "employed respondents (employees and self-employed) whose working time is known",
    ),
    "employees": Text("répondants salariés", "respondents who are employees"),
    "permanent": Text(
        "répondants en CDI ou fonctionnaires, dont le temps de travail est connu",
        "respondents on a permanent contract (civil servants included) whose working time is known",
    ),
}
"""In full, for a number that stands alone."""


def of_answers(words: Mapping[str, Text]) -> dict[str, Text]:
    """Return the words of bases where something else than the working time is asked."""
    return {
        name: Text(
            text.fr.replace("le temps de travail", "la réponse").replace(
                "temps de travail connu", "réponse connue"
            ),
            text.en.replace("working time", "answer"),
        )
        for name, text in words.items()
    }


@dataclass(frozen=True, eq=False)
class Base:
    """One base of a share.

    Parameters
    ----------
    name : str
    share : Expression
        1 for those who are counted, 0 for the others of the base, missing outside of it.
    numerator : Expression
        Condition of those who are counted.
    bound : bool or None
        True for a bound, False for what stands in its place where everybody is known, None for what is always there.
    """

    name: str
    share: Expression
    numerator: Expression
    bound: bool | None = None


def within(counted: Expression, base: Expression) -> Expression:
    """Return 1 where a condition holds within a base, 0 for the others of the base; outside of it there is no value."""
    return Apply("/", (Apply("*", (counted & base, Constant(1.0))), Apply("*", (base, Constant(1.0)))))


def told(sample: Sample, name: str, words: Sequence[str]) -> Expression:
    """Return the condition that an answer is one of some words, also where nobody gave one of them.

    Parameters
    ----------
    sample : Sample
    name : str
        A column of the data.
    words : sequence of str
    """
    held = [value for (value,) in sample.engine.cells((name,))]
    if not held or any(each in held for each in words):
        return Apply("in", (Column(name), Constant(tuple(words))))
    return Apply("not", (Apply("in", (Column(name), Constant(tuple(held)))),))


def bases_of(sample: Sample, job: str, counted: Expression) -> list[Base]:
    """Return the bases of a complement, the widest first.

    Parameters
    ----------
    sample : Sample
        Without a contract in it there is no base of permanent contracts.
    job : str
        The variable of the main job.
    counted : Expression
        Condition of those who are counted.
    """
    unknown = Apply("missing", (counted,))
    known = Apply("not", (unknown,))
    found = [
        Base("everyone", counted, counted, bound=False),
        Base("at_least", known & counted, known & counted, bound=True),
        Base("at_most", Apply("or", (unknown, counted)), Apply("or", (unknown, counted)), bound=True),
        Base("known", counted, counted, bound=True),
    ]
    narrower: dict[str, Expression] = {
        "employed": told(sample, job, ("full_time", "part_time", "self_employed")),
        "employees": told(sample, job, ("full_time", "part_time")),
    }
    if f"{job}_contract" in sample.names:
        narrower["permanent"] = told(sample, f"{job}_contract", ("permanent",))
    return [*found, *(Base(name, within(counted, each), counted & each) for name, each in narrower.items())]
