"""The dress of numbers: tables, figures and wording, in French and in English. Never computes a statistic."""
