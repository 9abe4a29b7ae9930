# panels.json of `test_panels.py`: R 4.5.0, survey 4.4-2
suppressMessages({library(survey); library(jsonlite)})
set.seed(20)
n <- 96
one <- data.frame(wave=1, id=1:n, h=rep(1:4, each=24), c=rep(1:24, each=4), N=rep(c(20,30,15,12), each=24), w=round(runif(n,5,20),2))
one$pay <- round(exp(rnorm(n,2,.4) + rep(rnorm(24,0,.3), each=4)),2); one$hours <- round(rgamma(n,4,.2),1)
one$status <- sample(c("employed","jobless","out"), n, TRUE, c(.6,.15,.25)); one$age <- sample(1:3, n, TRUE)
two <- within(one, { wave <- 2; w <- round(w*runif(n,.8,1.3),2); pay <- round(pay*exp(rnorm(n,.05,.15)),2)
  hours <- round(hours*runif(n,.8,1.2),1); status <- ifelse(runif(n)<.25, sample(c("employed","jobless","out"), n, TRUE), status) })
p <- rbind(one, two); p$wave_age <- p$wave*10+p$age
# each statistic as a function of totals over the rows of each wave, whose covariance svytotal knows
change <- function(d, y, g=1, inside=TRUE, what=quote(y2/g2 - y1/g1)) { v <- d$variables; y <- eval(y, v); g <- eval(g, v)*rep(1, nrow(v)); k <- eval(inside, v)
  m <- svytotal(cbind(y1=y*(v$wave==1)*k, g1=g*(v$wave==1)*k, y2=y*(v$wave==2)*k, g2=g*(v$wave==2)*k), d)
  r <- svycontrast(m, list(r=what)); c(unname(coef(r)), unname(SE(r))) }
clustered <- svydesign(~c, strata=~h, weights=~w, data=p, nest=TRUE)
finite <- svydesign(~c, strata=~h, weights=~w, fpc=~N, data=p, nest=TRUE)
persons <- svydesign(~id, strata=~h, weights=~w, data=p)
stages <- svydesign(~c+id, strata=~h, weights=~w, fpc=~N+rep(9, nrow(p)), data=p, nest=TRUE)
age <- c(300,500,400); margins <- data.frame(wave_age=c(11:13,21:23), Freq=c(age, age*1.05))
calibrated <- postStratify(persons, ~wave_age, margins)
designs <- list(clustered=clustered, finite=finite, persons=persons, stages=stages, calibrated=calibrated)
found <- lapply(designs, function(d) list(mean=change(d, quote(pay)), quotient=change(d, quote(pay), what=quote((y2/g2)/(y1/g1))),
  ratio=change(d, quote(pay), quote(hours)), share=change(d, quote(as.numeric(status=="employed"))), total=change(d, quote(pay), what=quote(y2-y1)),
  domain=t(sapply(1:3, function(a) change(d, quote(pay), inside=bquote(age==.(a)))))))
# the stacked sample, by the usual calls
s <- svyby(~pay, ~wave, persons, svymean, covmat=TRUE); k <- svycontrast(s, c(-1,1)); stopifnot(all.equal(c(coef(k), SE(k)), found$persons$mean, check.attributes=FALSE))
# gross flows: attrition as a second phase of the first wave, by class of response
wide <- within(one, { later <- two$status; there <- runif(n) < c(.9,.7,.6)[age] })
full <- twophase(list(~id, ~1), strata=list(~h, ~age), fpc=list(~M, NULL), subset=~there, data=within(wide, M <- 400), method="full")
later <- svydesign(~c, strata=~h, weights=~w, data=within(two, before <- one$status), nest=TRUE)
flows <- function(d, a, b) { k <- expand.grid(b=c("employed","jobless","out"), a=c("employed","jobless","out"), stringsAsFactors=FALSE)
  t(mapply(function(a1, b1) { f <- as.formula(sprintf('~I((%s=="%s")*(%s=="%s"))+I((%s=="%s")*1)', a, a1, b, b1, a, a1))
    m <- svytotal(f, d); names(m) <- c("x","y"); r <- svycontrast(m, quote(x/y))
    c(unname(coef(m)[1]), unname(SE(m)[1]), unname(coef(r)), unname(SE(r))) }, k$a, k$b, USE.NAMES=FALSE)) }
out <- list(panel=p, there=wide$there, change=found, response=flows(full, "status", "later"), later=flows(later, "before", "status"))
cat(toJSON(out, digits=NA, auto_unbox=TRUE, dataframe="columns"), file="recorded/panels.json")
