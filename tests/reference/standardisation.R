# standardisation.json of `test_standardisation.py`: R 4.5.0, survey 4.4-2
suppressMessages({library(survey); library(jsonlite)})
set.seed(20261128); n <- 360
p <- data.frame(h=rep(1:4, each=90), c=rep(1:36, each=10), w=round(runif(n, .5, 4), 2), g=sample(c("n", "s", "w"), n, TRUE, c(.5, .3, .2)),
  sex=sample(c("f", "m"), n, TRUE)); p$N <- 30
p$age <- ifelse(runif(n) < ifelse(p$g=="n", .6, .3), "y", sample(c("m", "o"), n, TRUE))
p$hours <- round(rgamma(n, 4, .3), 1); p$pay <- round(p$hours * (8 + 3*(p$age=="o") + rnorm(n)), 2); p$open <- rbinom(n, 1, .3 + .3*(p$age=="o"))
p$pay[sample(n, 25)] <- NA
of <- outer(p$g, c("n", "s", "w"), "==") + 0; colnames(of) <- c("dn", "ds", "dw")
q <- cbind(p, of, setNames(data.frame(of * p$hours), c("hn", "hs", "hw")))
d <- svydesign(~c, strata=~h, weights=~w, fpc=~N, data=q, nest=TRUE)
std <- c(200, 300, 500)  # of m, o, y
out <- function(x) list(estimate=unname(coef(x)), std_error=unname(as.numeric(SE(x))))
fixed <- svystandardize(d, by=~age, over=~g, population=std, excluding.missing=~pay)
# sex varies first: f m, m m, f o, m o, f y, m y
crossed <- svystandardize(d, by=~sex+age, over=~1, population=c(11, 17, 7, 19, 23, 23), excluding.missing=~pay)
whole <- svystandardize(d, by=~age, over=~g, population=std)
few <- svystandardize(subset(d, sex=="f"), by=~age, over=~g, population=std)
rep <- svystandardize(as.svrepdesign(d, type="JKn", mse=TRUE), by=~age, over=~g, population=std)
# `svyby(covmat=TRUE)` fails on a standardised design with missing domains: the same means as ratios
together <- vcov(svyratio(~hn+hs+hw, ~dn+ds+dw, whole, covmat=TRUE))[c(1, 5, 9), c(1, 5, 9)]
crude <- svyby(~hours, ~g, d, svymean, covmat=TRUE)
found <- list(data=p, mean=out(svyby(~pay, ~g, fixed, svymean, na.rm=TRUE)), crossed=out(svymean(~pay, crossed, na.rm=TRUE)),
  share=out(svyby(~open, ~g, whole, svymean)), ratio=out(svyby(~pay, ~g, denominator=~hours, fixed, svyratio, na.rm=TRUE)),
  domain=out(svyby(~hours, ~g, few, svymean)), jackknife=out(svyby(~hours, ~g, rep, svymean)),
  covariance=unname(together),
  expressions=lapply(list(quote(n/(n+s)), quote(log(n/s)), quote(sqrt(n*w)-s^2), quote(exp(n/w))), function(e) out(svycontrast(crude, e))))
cat(toJSON(found, digits=NA, auto_unbox=TRUE, dataframe="columns", matrix="rowmajor", na="null"), file="recorded/standardisation.json")
