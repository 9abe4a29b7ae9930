* Columns of three people.
DATA LIST FILE='setup.dat' /id 1-4 sex 5 (A) age 6-7 pay 8-13 (1) town 14-18 (A).
VARIABLE LABELS id 'Identifier' /pay "Pay" + " in euros".
VALUE LABELS sex 'F' 'woman' 'M' 'man' /age 99 'not told'.
MISSING VALUES age (LO THRU -1, 99) /sex ('X').
RECODE pay (0=SYSMIS).
EXECUTE.
