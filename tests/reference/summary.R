# summary.json of `test_summary.py`: R 4.5.0, survey 4.4-2
suppressMessages({library(survey); library(jsonlite)})
# R breaks ties of ranks by their order: `pay` has none
set.seed(20261129); n <- 400
p <- data.frame(h=rep(1:4, each=100), c=rep(1:40, each=10), w=round(runif(n, .5, 4), 2), g=sample(c("n", "s", "w"), n, TRUE, c(.5, .3, .2)),
  sex=sample(c("f", "m"), n, TRUE)); p$N <- 30
p$hours <- round(rgamma(n, 4, .3) + 3*(p$g=="s"), 1); p$pay <- round(exp(rnorm(n, 6, 1)) * (1 + .3*(p$sex=="m")), 5)
p$job <- ifelse(runif(n) < ifelse(p$g=="n", .5, .3), "a", sample(c("b", "d"), n, TRUE)); p$open <- rbinom(n, 1, .3 + .2*(p$sex=="f"))
p$hours[sample(n, 25)] <- NA; p$job[sample(n, 15)] <- NA
d <- svydesign(~c, strata=~h, weights=~w, fpc=~N, data=p, nest=TRUE)
out <- function(x) list(estimate=unname(as.vector(coef(x))), std_error=unname(as.vector(as.matrix(SE(x)))))
by <- function(g) { f <- as.formula(paste0("~", g)); list(
  hours=out(svyby(~hours, f, d, svymean, na.rm=TRUE)), variance=out(svyby(~hours, f, d, svyvar, na.rm=TRUE)),
  job=out(svyby(~job, f, d, svymean, na.rm=TRUE)), open=out(svyby(~open, f, d, svymean)),
  pay=unname(as.vector(t(as.matrix(coef(svyby(~pay, f, d, svyquantile, quantiles=c(.25, .5, .75), ci=TRUE)))))),
  job_test=with(svychisq(as.formula(paste0("~job+", g)), d), list(statistic=unname(statistic), p=unname(p.value))),
  open_test=with(svychisq(as.formula(paste0("~open+", g)), d), list(statistic=unname(statistic), p=unname(p.value))),
  pay_test=with(svyranktest(as.formula(paste0("pay~", g)), d), list(statistic=unname(as.vector(statistic)), p=unname(as.vector(p.value))))) }
t <- svyttest(hours~sex, d); m <- regTermTest(svyglm(hours~g, d), ~g)
found <- list(data=p, g=by("g"), sex=by("sex"), whole=list(hours=out(svymean(~hours, d, na.rm=TRUE)), job=out(svymean(~job, d, na.rm=TRUE))),
  t=list(statistic=unname(t$statistic), p=unname(as.vector(t$p.value))), f=list(statistic=unname(as.vector(m$Ftest)), p=unname(as.vector(m$p))))
cat(toJSON(found, digits=NA, auto_unbox=TRUE, dataframe="columns", na="null"), file="recorded/summary.json")
