"""Setup files of SPSS, SAS and Stata: the position and meaning of the columns of a text file."""
