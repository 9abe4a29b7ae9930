# The operations of benchmarks/inference.py in R survey, run by Rscript: inference.R FOLDER REPEAT
suppressMessages({library(survey); library(jsonlite)})
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]; times <- as.integer(given[2])
people <- read.csv(file.path(folder, "people.csv"))
margins <- fromJSON(file.path(folder, "margins.json"))
peak <- function() {
  line <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
loaded <- peak()
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = people, nest = TRUE)
found <- list()
timed <- function(name, call, repeats = times) {
  seconds <- replicate(repeats, system.time(answer <<- call())[["elapsed"]])
  found[[name]] <<- list(seconds = median(seconds), answer = answer)
}
first <- function(x) c(as.numeric(coef(x))[1], as.numeric(SE(x))[1])
timed("mean", function() first(svymean(~income, design)))
timed("means of 20 domains", function() first(svyby(~income, ~d20, design, svymean)))
timed("means of 200 domains", function() first(svyby(~income, ~d200, design, svymean)), 1)
timed("crosstab 5 x 2, Rao-Scott", function() {
  test <- svychisq(~activity + sex, design)
  c(as.numeric(test$statistic), as.numeric(test$p.value))
})
timed("quartiles", function() first(svyquantile(~income, design, c(.25, .5, .75))))
timed("logit, 7 coefficients", function() {
  first(svyglm(works ~ hours + factor(sex) + factor(activity), design, family = quasibinomial()))
})
timed("t-test", function() {
  test <- svyttest(income ~ factor(sex), design)
  c(as.numeric(test$statistic), as.numeric(test$p.value))
})
timed("raking, 3 margins", function() {
  frames <- lapply(names(margins), function(name) {
    setNames(data.frame(as.integer(names(margins[[name]])), unlist(margins[[name]])), c(name, "Freq"))
  })
  raked <- rake(design, lapply(names(margins), function(name) as.formula(paste("~", name))), frames,
                control = list(epsilon = 1e-10, maxit = 100))
  c(weights(raked)[1], sum(weights(raked)))
})
timed("means of 20 domains at equal age", function() {
  brought <- svystandardize(design, by = ~age, over = ~d20, population = 9:1)
  first(svyby(~income, ~d20, brought, svymean))
}, 1)
timed("200 bootstrap replicates, mean", function() {
  first(svymean(~income, as.svrepdesign(design, type = "subbootstrap", replicates = 200)))
}, 1)
cat(toJSON(list(operations = found, peak_mb = peak(), loaded_mb = loaded), auto_unbox = TRUE, digits = NA), "\n")
