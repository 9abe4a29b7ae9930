# Recorded in tests/reference/recorded/models.json by R 4.5.0, survey 4.4-2 and AER 1.2-14; run in that folder.
library(survey); library(AER); library(jsonlite)
ctl <- glm.control(epsilon = 1e-14, maxit = 200); set.seed(20); n <- 96
d <- data.frame(h = rep(1:4, each = 24), c = rep(1:24, each = 4), w = round(runif(n, 1, 5), 2), x = round(rnorm(n), 3),
                k = sample(c("a", "b", "c"), n, TRUE), z = round(rnorm(n), 3), v = round(rnorm(n), 3),
                hours = round(runif(n, 2, 45), 1))
u <- rnorm(n)
d$e <- round(0.6 * d$z + 0.4 * d$v + u + rnorm(n), 3); d$m <- round(0.5 * d$v - 0.3 * d$z + 0.5 * u + rnorm(n), 3)
d$y <- round(1 + 0.8 * d$e + 0.5 * d$x + u + rnorm(n), 3)
d$jobs <- rpois(n, d$hours * exp(0.2 * d$x + 0.3 * (d$k == "b") - 2)); d$b <- rbinom(n, 1, plogis(d$x + d$e / 2))
d$p <- round(rgamma(n, 3, scale = exp(1 + 0.1 * d$x + 0.2 * (d$k == "c")) / 3), 3) + 0.01
dd <- svydesign(~c, strata = ~h, weights = ~w, data = d); rr <- as.svrepdesign(dd)
both <- function(m) list(unname(coef(m)), unname(as.numeric(SE(m)))); out <- list(data = d)
glm2 <- function(f, fam, des = dd, ...) do.call(svyglm, list(f, des, family = fam, control = ctl, ...))
pois <- glm2(jobs ~ x + k + offset(log(hours)), quasipoisson()); logit <- glm2(b ~ x + e + offset(z), quasibinomial())
line <- glm2(y ~ x + k + offset(e), gaussian())
out$offset <- list(poisson = both(pois), binomial = both(logit), gaussian = both(line))
fams <- list(gamma = Gamma, inverse_gaussian = inverse.gaussian)
for (f in names(fams)) for (l in c("log", "inverse", "identity", if (f != "gamma") "1/mu^2")) {
  fam <- do.call(fams[[f]], list(link = l)); init <- rep(0, 4)
  init[1] <- fam$linkfun(weighted.mean(d$p, d$w)); m <- glm2(p ~ k + x, fam, start = init)
  g <- glm(p ~ k + x, fam, d, start = init, control = ctl)
  out[[paste(f, l)]] <- list(both(m), unname(summary(g)$coefficients[, 1:2]), as.numeric(logLik(g)))
  if (l == "log") out[[paste(f, "jackknife")]] <- both(svyglm(p ~ k + x, rr, family = fam, control = ctl))
}
new <- data.frame(x = c(-1, 0.5), k = c("a", "c"), hours = c(1, 20), e = c(0, 1), z = c(0, 0.3))
pr <- function(m, type) { p <- predict(m, new, se.fit = TRUE, type = type); list(unname(coef(p)), unname(SE(p))) }
out$predict <- list(poisson = list(pr(pois, "link"), pr(pois, "response")), gamma = pr(glm2(p ~ k + x, Gamma("log")), "response"),
                    binomial = pr(logit, "response"), unname(vcov(predict(pois, new, vcov = TRUE))))
small <- glm2(b ~ x, quasibinomial()); large <- glm2(b ~ x + e + k, quasibinomial())
ps <- glm2(jobs ~ x, quasipoisson()); ls <- glm2(y ~ x, gaussian()); ll <- glm2(y ~ x + e + k, gaussian())
sig <- function(m) { r <- (m$y - m$linear.predictors)^2; w <- m$prior.weights; s <- sum(w * r) / sum(w)
  sum(w) / (2 * s^2) / sum(w * (-1 / (2 * s) + r / (2 * s^2))^2) }   # extractAIC's share of the variance
out$fit <- list(psrsq = c(psrsq(large), psrsq(large, "Nagelkerke"), psrsq(ps), psrsq(ps, "Nagelkerke")),
  aic = unname(rbind(extractAIC(small), extractAIC(large), extractAIC(ps))[, 1:2]),
  bic = c(BIC(small, maximal = large)[["BIC"]], BIC(large, maximal = large)[["BIC"]]),
  gaussian = c(extractAIC(ls)[1:2] - sig(ls) * c(1, 2), extractAIC(ll)[1:2] - sig(ll) * c(1, 2)),
  r2 = 1 - sum(d$w * residuals(ll, "response")^2) / sum(d$w * (d$y - weighted.mean(d$y, d$w))^2))
f1 <- y ~ e + x + k | z + v + x + k; f2 <- y ~ e + m + x | z + v + x
fs <- function(f, t) regTermTest(svyglm(f, dd), t, method = "Wald")$Ftest[1]
plain <- ivreg(f1, data = d)
out$iv <- list(one = both(svyivreg(f1, dd)), two = both(svyivreg(f2, dd)), jackknife = both(svyivreg(f1, rr)),
  first = c(fs(e ~ z + v + x + k, ~ z + v), fs(e ~ z + v + x, ~ z + v), fs(m ~ z + v + x, ~ z + v)),
  plain = unname(summary(plain)$coefficients[, 1:2]), plain_first = summary(plain, diagnostics = TRUE)$diagnostics[1, 3],
  api = { data(api); st <- svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
          both(svyivreg(api00 ~ ell + meals | meals + mobility + avg.ed, subset(st, !is.na(avg.ed)))) })
pw <- function(m, new) { p <- predict(m, new, type = "response", se.fit = TRUE)
  list(both(m), c(psrsq(m), extractAIC(m)[1:2]), c(coef(p), SE(p))) }
n2 <- svydesign(~psuid, strata = ~stratid, weights = ~finalwgt, nest = TRUE, data = read.csv("nhanes2.csv"))
out$examples <- list(
  gamma = both(do.call(svyglm, list(enroll ~ ell + stype, st, family = Gamma("log"), control = ctl))),
  rate = both(do.call(svyglm, list(api.stu ~ ell + stype + offset(log(enroll)), st, family = quasipoisson(), control = ctl))),
  logit = pw(do.call(svyglm, list(I(sch.wide == "Yes") ~ ell + meals, st, family = quasibinomial(), control = ctl)),
             data.frame(ell = 10, meals = 50)),
  nhanes2 = pw(do.call(svyglm, list(highbp ~ zinc + factor(race), n2, family = quasibinomial(), control = ctl)),
               data.frame(zinc = 90, race = 2)))
write_json(out, "recorded/models.json", digits = NA, auto_unbox = TRUE, dataframe = "columns")
