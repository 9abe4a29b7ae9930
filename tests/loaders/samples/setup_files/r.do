infile id sex:sex_fmt hours town:town_fmt  using  r_do.txt , automatic
