*-------------------------------------------------------------------------*
*                     SPSS SETUP FILE FOR ICPSR 04275
*-------------------------------------------------------------------------*.
* SPSS FILE HANDLE AND DATA LIST COMMANDS.
FILE HANDLE DATA / NAME="data-filename" LRECL=14.
DATA LIST FILE=DATA /
    V1 1-4   V2 5-10 (A)   V3 11-12
    V4 13-14  .
* SPSS VARIABLE LABELS COMMAND.
VARIABLE LABELS
   V1      'ID' /
   V2      'Town name' /
   .
* SPSS VALUE LABELS COMMAND.
VALUE LABELS
   V3      98 '(98) Don''t know' 99 '(99) Refused' /
   V4      1 '(1) Yes' 2 '(2) No' 9 '(9) NA' /
   .
* SPSS MISSING VALUES COMMAND.
MISSING VALUES
   V3      (98 THRU 99) /
   V4      (9) /
   .
EXECUTE.
* Create SPSS system file.
*SAVE OUTFILE="spss-filename.sav".
