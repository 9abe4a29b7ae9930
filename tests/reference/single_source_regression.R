# Values recorded in test_single_source_regression.py: R 4.5.0, VGAM 1.1.13, sandwich 3.1.1.
# persons.csv holds the columns times, age, sex, town of that file (made for it: synthetic). Likelihoods are written out
# from their definitions, so that the observed information is at hand; VGAM and glm check the coefficients.
library(VGAM); library(sandwich)
options(digits = 12)
d <- read.csv("persons.csv")
out <- function(name, ...) cat(name, format(c(...), digits = 12), "\n")
x <- model.matrix(~ age + sex, d); y <- d$times
numhess <- function(f, t, h = 1e-4) { p <- length(t); m <- matrix(0, p, p)
  for (i in 1:p) for (j in 1:p) { e <- function(a, b) { s <- t; s[i] <- s[i] + a*h*(1+abs(t[i])); s[j] <- s[j] + b*h*(1+abs(t[j])); f(s) }
    m[i,j] <- (e(1,1) - e(1,-1) - e(-1,1) + e(-1,-1)) / (4*h^2*(1+abs(t[i]))*(1+abs(t[j]))) }; m }
numgrad <- function(f, t, h = 1e-5) sapply(seq_along(t), function(i) { s <- t; r <- t; k <- h*(1+abs(t[i])); s[i] <- s[i]+k; r[i] <- r[i]-k; (f(s)-f(r))/(2*k) })
best <- function(f, t) { for (k in 1:3) t <- optim(t, function(s) -f(s), method = "BFGS", control = list(reltol = 1e-15, maxit = 2000))$par
  for (k in 1:5) t <- t - solve(numhess(f, t), numgrad(f, t)); t }
# centred age for the optimiser
z <- cbind(1, (d$age - 40)/10, d$sex)
back <- function(b) c(b[1] - 4*b[2], b[2]/10, b[3])
A <- rbind(c(1, -4, 0), c(0, .1, 0), c(0, 0, 1))
report <- function(name, ll, size, drawn, start, extra = 0) {
  t <- best(ll, start); V <- solve(-numhess(ll, t)); g <- numgrad(size, t)
  B <- diag(length(t)); B[1:3, 1:3] <- A
  out(paste(name, "coef"), B %*% t); out(paste(name, "se"), sqrt(diag(B %*% V %*% t(B))))
  out(paste(name, "logLik N SE"), ll(t), size(t), sqrt(drop(t(g) %*% V %*% g) + drawn(t)))
  invisible(t) }
ht <- function(p) list(size = function(t) sum(1/p(t)), drawn = function(t) sum((1-p(t))/p(t)^2))
rate <- function(t) exp(drop(z %*% t[1:3]))
# Poisson
p <- function(t) 1 - exp(-rate(t))
llp <- function(t) sum(dpois(y, rate(t), log = TRUE) - log(p(t))); h <- ht(p)
report("poisson", llp, h$size, h$drawn, c(0, 0, 0))
v <- vglm(times ~ age + sex, pospoisson(), d, epsilon = 1e-12, maxit = 100)
out("VGAM pospoisson coef", coef(v)); out("VGAM logLik", logLik(v)); out("VGAM se", sqrt(diag(vcov(v))))
# geometric
p <- function(t) rate(t)/(1 + rate(t)); h <- ht(p)
llg <- function(t) sum(dnbinom(y, size = 1, mu = rate(t), log = TRUE) - log(p(t)))
report("geometric", llg, h$size, h$drawn, c(0, 0, 0))
# negative binomial, fourth parameter log(alpha)
p <- function(t) 1 - (1 + exp(t[4]) * rate(t))^(-exp(-t[4])); h <- ht(p)
lln <- function(t) sum(dnbinom(y, size = exp(-t[4]), mu = rate(t), log = TRUE) - log(p(t)))
report("negbin", lln, h$size, h$drawn, c(0, 0, 0, 0))
dposnegbin2 <- function(x, size, munb, log = FALSE) { r <- dnbinom(x, size = size, mu = munb, log = TRUE) - log1p(-(1 + munb/size)^(-size)); if (log) r else exp(r) }
w <- vglm(times ~ age + sex, posnegbinomial(), d, epsilon = 1e-12, maxit = 200)
out("VGAM posnegbinomial coef", coef(w)); out("VGAM logLik", logLik(w))
# one-inflated among the seen (oizt), fourth parameter logit(omega)
for (base in c("poisson", "geometric")) {
  q <- if (base == "poisson") function(t) 1 - exp(-rate(t)) else function(t) rate(t)/(1+rate(t))
  dens <- if (base == "poisson") function(t) dpois(y, rate(t)) else function(t) dnbinom(y, size = 1, mu = rate(t))
  llo <- function(t) sum(log(plogis(t[4])*(y == 1) + plogis(-t[4])*dens(t)/q(t))); h <- ht(q)
  report(paste("oizt", base), llo, h$size, h$drawn, c(0, 0, 0, -1))
  p <- function(t) plogis(t[4]) + plogis(-t[4])*q(t); h <- ht(p)
  llz <- function(t) sum(log((plogis(t[4])*(y == 1) + plogis(-t[4])*dens(t))/p(t)))
  report(paste("ztoi", base), llz, h$size, h$drawn, c(0, 0, 0, -1))
}
# Chao and Zelterman: logistic regression of two against one
r <- d$times <= 2; g <- glm((times == 2) ~ age + sex, binomial, d[r, ], epsilon = 1e-14)
l <- 2*exp(drop(x %*% coef(g))); V <- vcov(g)
out("rare coef", coef(g)); out("rare se", sqrt(diag(V))); out("rare logLik", logLik(g))
a <- l + l^2/2; pr <- exp(-l)*a
D <- colSums(x[r, ] * (-(l + l^2)/a^2)[r]); N <- nrow(d) + sum(1/a[r])
out("chao N SE", N, sqrt(drop(D %*% V %*% D) + sum(((1-pr)*(1 + exp(-l)/pr)^2)[r])))
p <- 1 - exp(-l); D <- colSums(-x*l*exp(-l)/p^2); out("zelterman N SE", sum(1/p), sqrt(drop(D %*% V %*% D) + sum((1-p)/p^2)))
# sandwich on the same logistic regression
for (k in c("HC0", "HC1", "HC3")) out(paste("rare", k), sqrt(diag(vcovHC(g, k))))
for (k in c("HC0", "HC1")) out(paste("rare cluster", k), sqrt(diag(vcovCL(g, cluster = d$town[r], type = k))))
W <- vcovCL(g, cluster = d$town[r], type = "HC1"); D <- colSums(-x*l*exp(-l)/p^2)
out("zelterman SE cluster HC1", sqrt(drop(D %*% W %*% D) + sum((1-p)/p^2)))
cat(R.version.string, as.character(packageVersion("VGAM")), as.character(packageVersion("sandwich")), "\n")
