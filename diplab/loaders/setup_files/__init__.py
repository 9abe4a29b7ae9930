"""Setup files of SPSS, SAS and Stata, which say where the columns of a text are and what they mean."""
