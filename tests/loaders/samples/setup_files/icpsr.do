/**************************************************************************
 |  STATA SETUP FILE FOR ICPSR 04275
 **************************************************************************/
set mem 1m  /* Allocating 1 megabyte(s) of RAM for Stata SE to read the
                 data file into memory. */
set more off  /* This prevents the Stata output viewer from pausing the
                 process */
#delimit ;
local raw_data "data-filename" ;
local dict "dictionary-filename" ;
local outfile "stata-datafile" ;
infile using `dict', using (`raw_data') clear ;
label data "Some study" ;
label define V3   98 "(98) Don't know" 99 "(99) Refused" ;
label define V4   1 "(1) Yes" 2 "(2) No" 9 "(9) NA" ;
label values V3 V3 ;
label values V4 V4 ;
#delimit cr
replace V3 = . if (V3 >= 98 & V3 <= 99)
replace V4 = . if (V4 == 9)
#delimit ;
save `outfile', replace ;
