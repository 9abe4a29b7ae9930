# Recorded in tests/reference/recorded/proportional_odds.json by R 4.5.0 and survey 4.4-2; run in that folder.
# Brant (1990) under a design: a binary regression at each cut point, their influences added up by unit at once.
library(survey); library(jsonlite)
d <- fromJSON("recorded/models.json")$data
d$level <- as.integer(cut(d$hours, c(0, 14, 25, 35, 50)))
dd <- svydesign(~c, strata = ~h, weights = ~w, data = d); rr <- as.svrepdesign(dd)
ctl <- glm.control(epsilon = 1e-14, maxit = 200); p <- 4
wald <- function(b, V, keep) {
  D <- kronecker(cbind(-1, diag(2)), diag(p)[keep, , drop = FALSE])
  v <- D %*% b; c(length(v), t(v) %*% solve(D %*% V %*% t(D), v))
}
at_cuts <- function(link) {
  fits <- lapply(1:3, function(j) { dd$variables$below <- as.integer(d$level <= j)
    svyglm(below ~ x + k, dd, family = quasibinomial(link), control = ctl, influence = TRUE) })
  b <- unlist(lapply(fits, coef)); V <- vcov(svytotal(do.call(cbind, lapply(fits, attr, "influence")) / weights(dd), dd))
  list(coef = unname(b), se = unname(sqrt(diag(V))), x = wald(b, V, 2), k = wald(b, V, 3:4), all = wald(b, V, 2:4))
}
jack <- withReplicates(rr, function(w, data) unlist(lapply(1:3, function(j)
  coef(suppressWarnings(glm(I(level <= j) ~ x + k, binomial, data.frame(d, wt = w), weights = wt, control = ctl))))))
out <- list(level = d$level, logit = at_cuts("logit"), cloglog = at_cuts("cloglog"),
            jackknife = wald(coef(jack), vcov(jack), 2:4))
write_json(out, "recorded/proportional_odds.json", digits = NA, auto_unbox = TRUE)
