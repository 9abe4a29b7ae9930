* Workers of platforms: one of each statement, for PSPP and for diplab;
  it's a comment on two lines.
TITLE Workers.
FILE LABEL 'Workers of platforms'.
DATA LIST FILE='workers.dat' RECORDS=2 NOTABLE
  /1 id 1-4 sex 5 (A) age 6-7 pay 8-13 (2) q1 TO q3 14-16 share 17-22 (F,1)
  /2 town 1-10 (A) day 11-21 (DATE) start 22-26 (TIME) bonus 27-33 (COMMA).
VARIABLE LABELS
  id 'Identifier' /sex "Sex, as ""declared"""
  /pay 'Pay of a month, ' +
       'in euros'
  /q1 'L''application' q2 'The app''s rules'.
VALUE LABELS sex 'F' 'woman' 'M' 'man' 'X' 'not told'
  /q1 TO q3 1 'yes' 2 'no' 9 'refused'
  /age -1 'negative' 99 'not told'.
ADD VALUE LABELS q3 8 'does not know' 7 'not asked'.
MISSING VALUES q1 q2 (9) /q3 (8, 9) /age (98 THRU HI) /sex ('X') /pay (LO THRU -1, 9999.99).
RECODE q2 (7=SYSMIS).
VARIABLE LEVEL age pay (SCALE) /q1 TO q3 (NOMINAL).
FORMATS pay (F9.2).
RENAME VARIABLES (q3 = rules).
SAVE OUTFILE='workers.sav'.
EXECUTE.
