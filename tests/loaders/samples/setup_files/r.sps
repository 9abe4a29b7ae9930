SET DECIMAL=DOT.

DATA LIST FILE= "r_sps.txt"  free (",")
ENCODING="UTF8"
/ id * sex (F8.0) hours * town (A8) 
  .

VARIABLE LABELS
id "id" 
 sex "sex" 
 hours "hours" 
 town "town" 
 .

VALUE LABELS
/
sex 
1 "F" 
 2 "M" 
.
VARIABLE LEVEL id, hours 
 (scale).

EXECUTE.
