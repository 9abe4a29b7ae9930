#!/bin/sh
# Makes what PSPP reads (.sav) of the texts here, and texts with setup files as R's package foreign writes them.
# PSPP 2.0.1 and R 4.5.0 with foreign 0.8-90 made those that are recorded.
set -e
cd "$(dirname "$0")"
sed "s/FILE='workers.dat'/& ENCODING='windows-1252'/" workers.sps | pspp -o /dev/null -
sed 's/C:.data.//; s/^EXECUTE\./SAVE OUTFILE="orders.sav"./' orders.sps | pspp -o /dev/null -
Rscript -e '
people <- data.frame(id = 1:5, sex = factor(c("F", "M", NA, "F", "M")), hours = c(35, 7.5, NA, 40, 12.25),
                     town = c("Lyon", "Nantes", NA, "Tours", "Pau"), stringsAsFactors = FALSE)
suffixes <- c(SPSS = "sps", SAS = "sas", Stata = "do")
for (package in names(suffixes)) {
  foreign::write.foreign(people, paste0("r_", suffixes[package], ".txt"), paste0("r.", suffixes[package]), package = package)
}'
