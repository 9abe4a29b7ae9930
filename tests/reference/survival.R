# survival.json of `test_survival.py`: R 4.5.0, survey 4.4-2, survival 3.8-3
suppressMessages({library(survey); library(survival); library(jsonlite)})
ctl <- coxph.control(eps=1e-12, iter.max=50, toler.chol=1e-14)
set.seed(1)
l <- na.omit(lung[,c("time","status","age","sex","ph.ecog","inst")]); names(l)[5] <- "ecog"
l$w <- round(runif(nrow(l),.5,3),2); l$week <- ceiling(l$time/30)
v <- veteran; v$w <- round(runif(nrow(v),.5,3),2); v$c <- sample(30,nrow(v),TRUE); v$u <- v$time+(1:nrow(v))/1000
n <- 160; s <- data.frame(h=rep(1:4,each=40), c=rep(1:20,each=8), u=rep(1:80,each=2), N=30, M=9, x=round(rnorm(n),2), g=sample(c("a","b","c"),n,TRUE))
s$a <- ifelse(runif(n)<.5,0,sample(0:4,n,TRUE)); s$t <- s$a+ceiling(rexp(n)*6*exp(-.4*s$x)); s$e <- rbinom(n,1,.7); s$w <- 30/5*9/4*round(runif(n,.5,2),2)
q <- nwtco[1:700,c("edrel","rel","stage","histol","age","in.subcohort")]; q$histol <- q$histol-1
q$ins <- q$in.subcohort | q$rel==1; q$in.subcohort <- NULL; q$N <- 5000
k <- pbc[pbc$id<=150, c("id","time","status","bili","sex","trt")]; k$bili <- round(log(k$bili),4)
# errors of S(t): total of what rows move, from survfit, under the design
km <- function(y, d, times, by=NULL) {
  f <- d$variables; gs <- if (is.null(by)) rep(1,nrow(f)) else f[[by]]; w <- weights(d); r <- list()
  for (one in sort(unique(gs))) { in1 <- which(gs==one & w>0)
    own <- f[in1,]; own$.w <- w[in1]; own$.i <- seq_along(in1)
    sf <- do.call(survfit, list(y, data=own, weights=quote(.w), influence=1, cluster=quote(.i)))
    at <- findInterval(times, sf$time); J <- sf$influence.surv[, at, drop=FALSE] / w[in1]
    full <- matrix(0, length(w), length(times)); full[in1,] <- J
    r[[as.character(one)]] <- list(s=sf$surv[at], se=sqrt(diag(as.matrix(vcov(svytotal(full, d)))))) }
  r }
# log-rank: the score at 0 with Breslow's ties (svylogrank mixes Efron's hazard with other means where times are tied)
rank <- function(f, d) { v <- d$variables; v$.w <- weights(d); m <- do.call(coxph, list(f, v, weights=quote(.w), iter.max=0, method="breslow"))
  U <- svytotal(as.matrix(resid(m, "score")), d); drop(coef(U) %*% solve(vcov(U), coef(U))) }
fit <- function(f, d, ...) { m <- do.call(svycoxph, list(f, design=quote(d), control=ctl, ...), envir=environment()); list(b=unname(coef(m)), se=unname(SE(m))) }
dl <- svydesign(~inst, weights=~w, data=l); dw <- svydesign(~c, weights=~w, data=v)
ds <- svydesign(~c+u, strata=~h, weights=~w, fpc=~N+M, nest=TRUE, data=s)
dp <- postStratify(dl, ~ecog, data.frame(ecog=0:3, Freq=c(150,200,100,2)))
jk <- as.svrepdesign(dl, type="JK1", mse=TRUE)
tw <- twophase(list(~1,~1), strata=list(NULL,~rel), fpc=list(~N,NULL), subset=~ins, data=q, method="full")
S <- Surv
out <- list(data=list(lung=l, veteran=v, random=s, nwtco=q, pbc=k),
  lung=list(km=km(S(time,status==2)~1, dl, c(100,300,500), "sex"), q=sapply(svykm(S(time,status==2)~sex, dl), quantile, c(.75,.5,.25)),
    svykm=lapply(svykm(S(time,status==2)~sex, dl), function(c) c$surv[findInterval(c(100,300,500), c$time)]),
    efron=fit(S(week,status==2)~age+sex+ecog, dl), breslow=fit(S(week,status==2)~age+sex+ecog, dl, method="breslow"),
    strata=fit(S(week,status==2)~age+ecog+strata(sex), dl), domain=fit(S(week,status==2)~age+sex, subset(dl, ecog<2)),
    calibrated=fit(S(week,status==2)~age+sex, dp), km_calibrated=km(S(time,status==2)~1, dp, c(100,300,500), "sex"),
    jackknife=local({W <- weights(jk, "analysis"); r <- t(apply(W, 2, function(x) { l$.w <- x
      coef(coxph(S(week,status==2)~age+sex, l[x>0,], weights=.w, control=ctl)) }))
      m <- coef(svycoxph(S(week,status==2)~age+sex, jk, control=ctl)) # whose replicates stop early, and tie with those of weight 0
      list(b=unname(m), se=unname(sqrt(diag(svrVar(r, jk$scale, jk$rscales, mse=TRUE, coef=m))))) }), rank=rank(S(week,status==2)~sex, dl), rank_strata=rank(S(week,status==2)~sex+strata(ecog), dl)),
  veteran=list(efron=fit(S(time,status)~trt+celltype+karno, dw), rank=unname(svylogrank(S(u,status)~celltype, dw)[[2]][1]),
    km=km(S(time,status)~1, dw, c(30,90,180,400), "trt"), km_domain=km(S(time,status)~1, subset(dw,karno>50), c(30,90,180))),
  random=list(km=km(S(a,t,e)~1, ds, c(2,5,10,15)), efron=fit(S(a,t,e)~x+g, ds), breslow=fit(S(a,t,e)~x+g+strata(h), ds, method="breslow")),
  nwtco=list(fit=fit(S(edrel,rel)~histol+age, tw)),
  plain=list(lung=unname(coef(coxph(S(week,status==2)~age+sex+ecog,l,control=ctl))), pbc=unname(coef(coxph(S(time,status==2)~bili+sex+trt,k,control=ctl))),
    robust=unname(sqrt(diag(vcov(coxph(S(week,status==2)~age+sex+ecog,l,control=ctl,robust=TRUE)))))))
cat(toJSON(out, digits=NA, auto_unbox=TRUE, dataframe="columns"), file="recorded/survival.json")
