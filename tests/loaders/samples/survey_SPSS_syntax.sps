*$Rev: 121017 $ it's a comment.
SET UNICODE=ON.
SHOW LOCALE.
GET DATA
 /TYPE=TXT
 /FILE='survey_123456_SPSS_data_file.dat'
 /DELCASE=LINE
 /DELIMITERS=","
 /QUALIFIER="'"
 /ARRANGEMENT=DELIMITED
 /FIRSTCASE=1
 /IMPORTCASE=ALL
 /VARIABLES=
 V1 F7
 V2 DATETIME23.2
 V3 F1
 V4 A5
 V5 F1
 V6 F1
 V7 F13.12
 V8 A40.
CACHE.
EXECUTE.
*Define Variable Properties.
VARIABLE LABELS V1 "id".
VARIABLE LABELS V2 "submitdate".
VARIABLE LABELS V3 "Travaillez-vous ?".
VARIABLE LABELS V4 "Votre \"statut\", tel que vous le "+
"décririez ?".
VARIABLE LABELS V5 "[courriel] Que faites-vous ?".
VARIABLE LABELS V6 "[images] Que faites-vous ?".
VARIABLE LABELS V7 "Heures par semaine".
VARIABLE LABELS V8 "Ville".
*Define Value labels.
VALUE LABELS  V3
 1 "Oui"
 2 "Non".
VALUE LABELS  V4
 "A1" "salarié"
 "-oth-" "Autre".
VALUE LABELS  V5
 1 "Oui"
 0 "Non sélectionné".
VALUE LABELS  V6
 1 "Oui"
 0 "Non sélectionné".
VALUE LABELS V7 -1 "refus".
MISSING VALUES V7 (-1).
VARIABLE LEVEL V7(SCALE).
RENAME VARIABLE ( V1 = id ).
RENAME VARIABLE ( V2 = submitdate ).
RENAME VARIABLE ( V3 = work ).
RENAME VARIABLE ( V4 = status ).
RENAME VARIABLE ( V5 = uses_SQ001 ).
RENAME VARIABLE ( V6 = uses_SQ002 ).
RENAME VARIABLE ( V7 = hours ).
RENAME VARIABLE ( V8 = town ).
RESTORE LOCALE.
