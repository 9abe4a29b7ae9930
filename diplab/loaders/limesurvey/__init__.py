"""LimeSurvey: answers, structures, archives, syntax files."""
