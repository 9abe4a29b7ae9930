/*-------------------------------------------------------------------------*
 |                     SAS SETUP FILE FOR ICPSR 04275
 *-------------------------------------------------------------------------*/
* SAS PROC FORMAT;
/*
PROC FORMAT;
  VALUE CASEID 1='x';
*/
PROC FORMAT;
  VALUE v3f      98='(98) Don''t know'  99="(99) Refused" ;
  VALUE v4f      1='(1) Yes' 2='(2) No' 9='(9) NA' ;
* SAS DATA, INFILE, INPUT STATEMENTS;
DATA;
INFILE "data-filename" LRECL=14;
INPUT
    V1 1-4   V2 $5-10   V3 11-12
    V4 13-14 ;
* SAS LABEL STATEMENT;
LABEL
   V1      = 'ID'
   V2      = "Town name" ;
* SAS FORMAT STATEMENT;
  FORMAT  V3 v3f. V4 v4f. ;
* MISSING;
   IF (V3 >= 98 AND V3 <= 99) THEN V3 = .;
   IF (V4 = 9) THEN V4 = .;
RUN ;
