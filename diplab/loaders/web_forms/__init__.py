"""Exports of Google Forms, SurveyMonkey and Prolific."""
