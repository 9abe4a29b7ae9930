/* Columns of three people. */
proc format; value agef 99='not told' 18-high='adult'; value $sexf 'F'='woman' 'M'='man'; run;
data people; infile 'setup.dat' truncover;
 input id 1-4 sex $ 5 @6 age 2. pay 6.1 town $5.;
 label id='Identifier' pay="Pay";
 format age agef. sex $sexf.;
 if age in (99, -1) then age = .;
run;
