# Values recorded in tests/studies/test_us_voters_1996.py: R 4.5.0, nnet 7.3-20, MASS 7.3-65.
# anes96.csv is the file of statsmodels. The searches of nnet and MASS are told to go on until nothing moves: with their
# own stopping rules they print the digits of the teaching pages, which differ from the sixth or seventh on.
library(nnet); library(MASS)
options(digits = 12)
d <- read.delim("anes96.csv", quote = "'")
d$nincome <- c(1.5,4,6,8,9.5,10.5,11.5,12.5,13.5,14.5,16,18.5,21,23.5,27.5,32.5,37.5,42.5,47.5,55,67.5,82.5,97.5,115)[d$income]
d$educ <- factor(d$educ, ordered = TRUE)
d$party <- factor(c(1,1,2,2,2,3,3)[d$PID + 1], labels = c("Democrat", "Independent", "Republican"), ordered = TRUE)
for (rule in c(1e-8, 1e-15)) {
  m <- multinom(party ~ age + educ + nincome, d, trace = FALSE, maxit = 1000, reltol = rule)
  print(rule); print(coef(m)); print(summary(m)$standard.errors)
  m <- multinom(party ~ nincome, d, trace = FALSE, maxit = 1000, reltol = rule)
  print(coef(m)); print(predict(m, data.frame(nincome = c(8, 107)), type = "probs"))
}
p <- polr(party ~ age + educ + nincome, d, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000)); print(coef(summary(p)))
for (method in c("logistic", "probit", "cloglog")) {
  p <- polr(party ~ nincome, d, method = method, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000))
  print(method); print(coef(summary(p))); print(logLik(p)) }
