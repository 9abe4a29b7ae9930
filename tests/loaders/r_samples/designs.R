# Writes designs.rda, which test_r_designs.py reads: synthetic answers, R 4.5.0, survey 4.4-2. Rscript designs.R
library(survey)
n <- 48
people <- data.frame(
  region = rep(c("north", "south", "east"), c(12, 20, 16)), town = rep(1:12, each = 4), person = rep(1:4, 12),
  towns = rep(c(9, 20, 16), c(12, 20, 16)), homes = rep(c(10, 12, 8, 15), each = 12),
  sex = rep(c("f", "m", "m", "f", "f"), length.out = n), age = 20 + (1:n * 7) %% 45,
  pay = 900 + (1:n * 37) %% 211 + 25 * (1:n %% 7), w = rep(c(6.5, 9.25, 7), c(12, 20, 16))
)
simple <- svydesign(~1, strata = ~region, weights = ~w, data = people)
nested <- svydesign(~town, strata = ~region, weights = ~w, data = people)
again <- svydesign(~town, strata = ~region, weights = ~w, nest = TRUE, data = transform(people, town = (town - 1) %% 5))
finite <- svydesign(~town, strata = ~region, fpc = ~towns, weights = ~w, data = people)
stages <- svydesign(~town + person, fpc = ~I(rep(40, n)) + homes, data = people)
linear <- calibrate(nested, ~sex + age, c(380, 200, 16000))
ratio <- calibrate(nested, ~sex + age, c(380, 200, 16000), calfun = "raking")
cells <- postStratify(nested, ~sex, data.frame(sex = c("f", "m"), Freq = c(210, 170)))
margins <- rake(finite, list(~sex, ~region), list(data.frame(sex = c("f", "m"), Freq = c(210, 170)),
  data.frame(region = c("north", "south", "east"), Freq = c(80, 180, 120))))
jackknife <- as.svrepdesign(nested)
set.seed(20261202)
bootstrap <- as.svrepdesign(nested, type = "bootstrap", replicates = 12)
rw <- weights(bootstrap, type = "analysis"); colnames(rw) <- paste0("rw", 1:12)
combined <- svrepdesign(data = cbind(people, rw), weights = ~w, repweights = "rw[0-9]+", type = "bootstrap",
  scale = 1 / 11, rscales = seq(0.5, 1.6, 0.1), combined.weights = TRUE, mse = TRUE)
fay <- svrepdesign(data = people, weights = ~w, repweights = rw, type = "Fay", rho = 0.3, combined.weights = TRUE)
calibrated <- calibrate(jackknife, ~sex, c(380, 170))
part <- subset(nested, sex == "f")
lost <- subset(nested, town != 2)
kept <- subset(linear, sex == "f")
drawn <- svydesign(~1, fpc = ~p, data = transform(people, p = 1 / w), pps = "brewer")
within <- svydesign(~town + person, strata = ~region + sex, fpc = ~towns + homes, data = people, nest = TRUE)
designs <- c("simple", "nested", "again", "finite", "stages", "linear", "ratio", "cells", "margins", "jackknife", "bootstrap",
  "combined", "fay", "calibrated", "part")
for (each in designs) {
  d <- get(each); m <- svymean(~pay, d); t <- svytotal(~age, d); s <- svymean(~pay, subset(d, age > 40))
  cat(sprintf('    "%s": (%s),\n', each, paste(sprintf("%.15g", c(coef(m), SE(m), coef(t), SE(t), coef(s), SE(s), degf(d))), collapse = ", ")))
}
save(list = c(designs, "lost", "kept", "drawn", "within", "people"), file = "designs.rda", compress = "xz")
saveRDS(finite, "design.rds")
