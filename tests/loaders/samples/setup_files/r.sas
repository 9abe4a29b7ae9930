* Written by R;
*  foreign::write.foreign(people, paste0("r_", suffixes[package],  ;

PROC FORMAT;
value sex 
     1 = "F" 
     2 = "M" 
;

DATA  rdata ;
LENGTH
 town $ 6
;

INFILE  "r_sas.txt" 
     DSD 
     LRECL= 20 ;
INPUT
 id
 sex
 hours
 town $ 
;
FORMAT sex sex. ;
RUN;
