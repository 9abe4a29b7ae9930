# Recorded in tests/reference/recorded/log_linear.json by R 4.5.0 and survey 4.4-2; run in that folder.
# `anova.svyloglin` has a wrong trace of Delta^2, and eigenvalues as if Delta were symmetric: of its p-values only those
# of the mean effect are recorded, and the others come from Rao and Scott (1984), written out. `pFsum` cuts degrees of
# freedom down to a whole number, hence infinitely many for the saddlepoint.
library(survey); library(jsonlite)
set.seed(11); n <- 400
d <- data.frame(h = rep(1:4, each = n / 4), c = rep(1:40, each = n / 40), w = round(runif(n, 1, 5), 2),
                a = sample(c("f", "m"), n, TRUE), k = sample(c("x", "y", "z"), n, TRUE, c(5, 3, 2)))
u <- rnorm(40)[d$c]
d$b <- ifelse(runif(n) < plogis(u + 0.8 * (d$a == "m") - 0.5 * (d$k == "z")), "yes", "no")
dd <- svydesign(~c, strata = ~h, weights = ~w, data = d)
f <- list(independent = ~ a + b + k, one_pair = ~ a * b + k, pairs = ~ (a + b + k)^2, saturated = ~ a * b * k)
fits <- lapply(f, svyloglin, design = dd)
treated <- function(m) {                       # sum coding to treatment coding, the constant left out
  g <- m$model$model; xs <- model.matrix(m$model)
  xt <- model.matrix(update(formula(m$model), NULL ~ .), g, contrasts.arg = lapply(g[-1], function(x) "contr.treatment"))
  map <- qr.solve(xt, xs)[-1, -1, drop = FALSE]
  list(names = colnames(xt)[-1], coef = as.numeric(map %*% coef(m)),
       se = sqrt(diag(map %*% vcov(m) %*% t(map))))
}
# Delta = (C' D C)^-1 C' V C n, C the terms beyond those of the smaller model, D the shares of the larger
rao_scott <- function(small, large) {
  p0 <- fitted(small$model) / n; p1 <- fitted(large$model) / n; D <- diag(p1)
  X0 <- model.matrix(small$model); X1 <- model.matrix(large$model); X2 <- X1[, !(colnames(X1) %in% colnames(X0)), drop = FALSE]
  C <- X2 - X0 %*% solve(t(X0) %*% D %*% X0, t(X0) %*% D %*% X2)
  Delta <- n * solve(t(C) %*% D %*% C, t(C) %*% vcov(large$prob.table) %*% C)
  X <- n * sum((p1 - p0)^2 / p0); t1 <- sum(diag(Delta)); d0 <- t1^2 / sum(diag(Delta %*% Delta)); nu <- degf(dd)
  list(pearson = X, mean_effect = t1 / ncol(X2), F = X / t1, df = c(d0, d0 * nu), p = pf(X / t1, d0, d0 * nu, lower.tail = FALSE),
       chisq = c(X * ncol(X2) / t1, pchisq(X * ncol(X2) / t1, ncol(X2), lower.tail = FALSE)),
       mixture = pchisqsum(X, rep(1, ncol(X2)), Re(eigen(Delta)$values), lower.tail = FALSE, method = "saddlepoint"))
}
against <- function(small, large) { v <- anova(small, large)
  list(pearson = v$score$chisq, chisq_p = v$score$p[2], deviance = v$dev$dev) }
two <- svychisq(~ a + b, dd, statistic = "F"); mix <- svychisq(~ a + b, dd, statistic = "saddlepoint")
dom <- svyloglin(~ a * b, subset(dd, k != "x")); rep <- svyloglin(~ a * b, as.svrepdesign(dd))
out <- list(data = d, fits = lapply(fits, treated), shares = lapply(fits, function(m) list(
              keys = lapply(m$model$model[-1], as.character), p = unname(fitted(m$model)) / n)),
            cells_se = { m <- fits$one_pair; X <- sweep(model.matrix(m$model)[, -1], 2, 0); p <- fitted(m$model) / n
              J <- (diag(p) - tcrossprod(p)) %*% X; unname(sqrt(diag(J %*% vcov(m) %*% t(J)))) },
            anova = lapply(fits[1:3], against, large = fits$saturated),
            rao_scott = list(saturated = lapply(fits[1:3], rao_scott, large = fits$saturated),
                             pairs = lapply(fits[1:2], rao_scott, large = fits$pairs)),
            independence = list(F = unname(two$statistic), df = unname(two$parameter), p = unname(two$p.value),
                                mixture = unname(mix$p.value)),
            domain = treated(dom), jackknife = treated(rep))
write_json(out, "recorded/log_linear.json", digits = NA, auto_unbox = TRUE)
