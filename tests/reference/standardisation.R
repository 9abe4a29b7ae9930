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
# a standard estimated on another sample: means of cells and totals of ages, independent, by the delta method
n2 <- 240; other <- data.frame(k=rep(1:2, each=120), u=rep(1:24, each=10), w=round(runif(n2, 1, 6), 2), age=sample(c("m", "o", "y"), n2, TRUE, c(.3, .2, .5)))
o <- svydesign(~u, strata=~k, weights=~w, data=other, nest=TRUE)
cells <- svyby(~hours, ~g+age, d, svymean, covmat=TRUE); ages <- svytotal(~age, o)
both <- c(coef(cells), coef(ages)); names(both) <- c(outer(c("n", "s", "w"), c("m", "o", "y"), paste0), "tm", "to", "ty")
attr(both, "var") <- rbind(cbind(vcov(cells), matrix(0, 9, 3)), cbind(matrix(0, 3, 9), vcov(ages))); attr(both, "statistic") <- "mean"; class(both) <- "svystat"
elsewhere <- lapply(list(quote((nm*tm+no*to+ny*ty)/(tm+to+ty)), quote((sm*tm+so*to+sy*ty)/(tm+to+ty)), quote((wm*tm+wo*to+wy*ty)/(tm+to+ty)),
  quote(((nm-sm)*tm+(no-so)*to+(ny-sy)*ty)/(tm+to+ty))), function(e) out(svycontrast(both, e)))
# a calibrated design, by linearised values: `svystandardize` would replace the calibration
cal <- calibrate(d, ~sex+age, c(`(Intercept)`=820, sexm=420, ageo=210, agey=410))
by_formula <- function(design, share, own) {
  w <- weights(design); z <- sapply(c("n", "s", "w"), function(k) rowSums(sapply(1:3, function(a) {
    l <- c("m", "o", "y")[a]; i <- p$g==k & p$age==l; m <- weighted.mean(p$hours[i], w[i])
    share[a] * i * (p$hours - m) / sum(w[i]) + own * m * ((p$age==l) - share[a]) / sum(w) })))
  theta <- sapply(c("n", "s", "w"), function(k) sum(share * sapply(c("m", "o", "y"), function(l) weighted.mean(p$hours[p$g==k & p$age==l], w[p$g==k & p$age==l]))))
  list(estimate=unname(theta), covariance=unname(vcov(svytotal(z, design)))) }
by_sex <- calibrate(d, ~sex, c(`(Intercept)`=820, sexm=420)); own <- sapply(c("m", "o", "y"), function(l) sum(weights(by_sex)[p$age==l]) / sum(weights(by_sex)))
found <- list(data=p, mean=out(svyby(~pay, ~g, fixed, svymean, na.rm=TRUE)), crossed=out(svymean(~pay, crossed, na.rm=TRUE)),
  share=out(svyby(~open, ~g, whole, svymean)), ratio=out(svyby(~pay, ~g, denominator=~hours, fixed, svyratio, na.rm=TRUE)),
  domain=out(svyby(~hours, ~g, few, svymean)), jackknife=out(svyby(~hours, ~g, rep, svymean)),
  covariance=unname(together),
  expressions=lapply(list(quote(n/(n+s)), quote(log(n/s)), quote(sqrt(n*w)-s^2), quote(exp(n/w))), function(e) out(svycontrast(crude, e))),
  other=other, elsewhere=elsewhere, calibrated=by_formula(cal, std/1000, FALSE), calibrated_own=by_formula(by_sex, own, TRUE))
cat(toJSON(found, digits=NA, auto_unbox=TRUE, dataframe="columns", matrix="rowmajor", na="null"), file="recorded/standardisation.json")
