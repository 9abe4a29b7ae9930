"""The rules of `main_job` in words: what is read, the condition, what it says, and what contradicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.jobs.facets import CONTRACTS, REASONS, SITUATIONS, TIMES
from diplab.microdata.jobs.phrases import NEGATIONS
from diplab.microdata.shown import worded
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.jobs.job_rules import JobRule, JobRules

__all__ = ["SIGNS", "beyond_words", "order_said", "rule_said"]

SOURCES_SAID = {
    "status": Text("situation", "status"),
    "words": Text("propres mots", "own words"),
    "contract": Text("contrat", "contract"),
    "hours": Text("heures par semaine", "hours a week"),
}
SIGNS = Text(
    "Une condition est un des mots cités, entier, où qu’il soit dans la réponse, sans accents ni capitales ; « * » "
    "prend aussi les mots plus longs, « = » veut ces mots et rien d’autre.",
    "A condition is one of the words, whole, anywhere in the answer, whatever its accents and capitals; * takes longer "
    "words too, = asks for these words and no more.",
)


def order_said(rules: JobRules) -> Text:
    """Return in words which source is believed first, and what becomes of contradictions."""
    french, english = (
        ", ".join(worded(SOURCES_SAID[each], lang) for each in rules.sources) for lang in ("fr", "en")
    )
    if rules.contradictions == "order":
        ends = (
            "en cas de contradiction, la première source décide",
            "where answers contradict, the first decides",
        )
    else:
        ends = "les réponses contradictoires restent indécises", "answers that contradict stay undecided"
    return Text(f"Dans l’ordre : {french} ; {ends[0]}.", f"In order: {english}; {ends[1]}.")


def rule_said(place: int, rule: JobRule, language: str) -> list[str]:
    """Return the cells of one rule: its place, its name, what it reads, its condition, what it says."""
    read = ", ".join(worded(SOURCES_SAID[each], language) for each in rule.reads)
    said = [
        worded(known[value], language)
        for value, known in ((rule.situation, SITUATIONS), (rule.time, TIMES), (rule.contract, CONTRACTS))
        if value
    ]
    between = " ; " if language == "fr" else "; "
    return [str(place), worded(rule.said, language), read, ", ".join(rule.answers), between.join(said)]


def beyond_words(rules: JobRules) -> list[tuple[Text, Text, Text, Text]]:
    """Return in words the rules on hours, and those on what contradicts."""
    full, low = (f"{each:g}" for each in (rules.full_time_from, rules.contradicts_below))
    hours, every = SOURCES_SAID["hours"], Text("toutes", "all")
    undecided = rules.contradictions == "undecided"
    against = (
        Text("indécis : contradictoire", "undecided: contradictory")
        if undecided
        else Text("la première source décide", "the first source decides")
    )
    works = SITUATIONS["employed"]
    return [
        (Text("nié, ou d’un autre temps", "denied, or of another time"), SOURCES_SAID["words"],
         Text(*[", ".join(NEGATIONS)] * 2), REASONS["not_read"]),
        (Text("plusieurs en une réponse", "several in one answer"), every,
         Text("séparés par « ou », et dans une question fermée par une virgule ou une barre, sans dire la même chose ; "
              "ce qui est entre parenthèses précise",
              "parted by “or”, and in a closed question by a comma or a stroke, without saying the same; what is in "
              "brackets is a detail"), REASONS["bundled"]),
        (Text("heures d’un temps plein", "hours of a full time"), hours,
         Text(f"{full} heures ou plus", f"{full} hours or more"),
         Text(f"{works.fr} ; temps plein", f"{works.en}; full time")),
        (Text("heures d’un temps partiel", "hours of a part time"), hours,
         Text(f"plus de 0 et moins de {full} heures", f"above 0 and under {full} hours"),
         Text(f"{works.fr} ; temps partiel", f"{works.en}; part time")),
        (Text("temps plein de peu d’heures", "full time of few hours"), every,
         Text(f"dit temps plein, et moins de {low} heures", f"says full time, and under {low} hours"), against),
        (Text("temps partiel de beaucoup d’heures", "part time of many hours"), every,
         Text(f"dit temps partiel, et {full} heures ou plus", f"says part time, and {full} hours or more"), against),
        (Text("emploi sans heures", "job without hours"), every,
         Text("dit travailler, et 0 heure", "says they work, and 0 hours"), against),
        (Text("emploi et chômage", "job and unemployment"), every,
         Text("sans emploi ou au chômage selon une source, en emploi selon une autre",
              "without a job or unemployed by one source, at work by another"), against),
        (Text("temps plein et inactif", "full time and inactive"), every,
         Text("élève, retraité ou inactif selon une source, à temps plein selon une autre",
              "student, retired or inactive by one source, full time by another"), against),
        (Text("salarié et à son compte", "employee and self-employed"), every,
         Text("salarié selon une source, à son compte selon une autre",
              "employee by one source, self-employed by another"), against),
    ]  # fmt: skip
