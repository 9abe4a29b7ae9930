# Points of laeken, and its bootstrap of the poverty rate. Rscript inequality.R FOLDER REPEAT; the last line is JSON.
suppressMessages({library(laeken); library(jsonlite)})
given <- commandArgs(TRUE)
people <- read.csv(file.path(given[1], "people.csv")); turns <- as.integer(given[2])
unit <- as.integer(people$stratum * 1000 + people$psu)
# seconds of the processor
spent <- function(call) { taken <- system.time(call()); taken[["user.self"]] + taken[["sys.self"]] }
timed <- function(call, turns) {
  answer <- call(); taken <- numeric(turns)
  for (turn in seq_len(turns)) taken[turn] <- spent(call)
  list(seconds = median(taken), answer = answer)
}
found <- list(
  "Gini" = timed(function() gini(people$income, weights = people$w)$value / 100, turns),
  "poverty rate, estimated line" = timed(function() arpr(people$income, weights = people$w)$value / 100, turns),
  "S80/S20" = timed(function() qsr(people$income, weights = people$w)$value, turns))
rate <- arpr(people$income, weights = people$w)
taken <- spent(function() boot <<- bootVar(people$income, weights = people$w, design = people$stratum, cluster = unit, indicator = rate, R = 20,
                bootType = "naive", seed = 1))
found[["bootstrap of the poverty rate"]] <- list(seconds = taken, answer = sqrt(boot$var) / 100)
cat(toJSON(found, auto_unbox = TRUE, digits = NA), "\n")
