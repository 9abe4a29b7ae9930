* Columns of three people
infix long id 1-4 str sex 5 byte age 6-7 ///
  double pay 8-13 str town 14-18 using setup.dat
label variable pay `"Pay"'
label define agel 99 "not told" .a "refused"
label values age agel
mvdecode age, mv(99 = .a \ -1)
replace pay = . if pay == 0
