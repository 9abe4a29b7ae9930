# Writes the files beside it, which test_r_files.py reads: synthetic answers, R 4.5.0, haven 2.5.4. Rscript make.R
people <- data.frame(
  region = factor(c("nord", "sud", NA, "sud", "est"), levels = c("nord", "sud", "est", "ouest")),
  often = factor(c("never", "daily", "weekly", "weekly", NA), levels = c("never", "weekly", "daily"), ordered = TRUE),
  gap = addNA(factor(c("a", NA, "b", "a", NA))),
  works = c(TRUE, FALSE, NA, TRUE, TRUE),
  owns = c(TRUE, FALSE, FALSE, TRUE, TRUE),
  age = c(31L, NA, 45L, 52L, 28L),
  children = c(0L, 2L, 1L, 0L, 3L),
  pay = c(1520.5, NA, NaN, 0, -1),
  town = c("Orl\u00e9ans", "", NA, "Lyon", "Le Mans"),
  day = as.Date(c("2018-05-06", NA, "1968-02-29", "2018-05-07", "0001-01-01")),
  asked = as.POSIXct(c("2018-07-06 09:30:00", NA, "2018-01-06 23:59:59", "1969-12-31 00:00:00", "2018-12-31 12:00:00"),
                     tz = "Europe/Paris"),
  spent = as.difftime(c(1.5, 2, NA, 4, 0), units = "hours"),
  rank = 1:5
)
people$noted <- structure(c(0, 86400.25, NA, 1e9, -1), class = c("POSIXct", "POSIXt"))
people$lost <- structure(rep(0, 5), class = c("POSIXct", "POSIXt"), tzone = "Nowhere/Land")
attr(people$age, "label") <- "\u00c2ge"
saveRDS(people, "people.rds")
saveRDS(people, "people-plain.rds", compress = FALSE)
saveRDS(people, "people-ascii.rds", ascii = TRUE)
saveRDS(people, "people-v2.rds", version = 2, compress = "xz")
saveRDS(people, "people-bzip2.rds", compress = "bzip2")

haven <- function(x, ..., type = typeof(x)) structure(x, class = c("haven_labelled", "vctrs_vctr", type), ...)
labelled <- data.frame(work = rep(NA, 5))
labelled$work <- haven(c(1, 2, haven::tagged_na("a"), NA, haven::tagged_na("z")), label = "Emploi",
  labels = c(yes = 1, no = 2, refused = haven::tagged_na("a")))
labelled$health <- structure(c(1, 9, 8, 95, 3), label = "Sant\u00e9", na_values = c(8, 9), na_range = c(90, Inf),
  class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double"), labels = c(good = 1, poor = 3, refused = 9))
labelled$code <- structure(c("A", "B", "Z", "A", NA), na_values = "Z", labels = c(yes = "A", no = "B", other = "Z"),
  class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "character"))
labelled$whole <- haven(c(1L, 2L, NA, 1L, 2L), labels = c(low = 1L, high = 2L))
labelled$at <- structure(c(3600, 45296, NA, 0, 86399), class = c("hms", "difftime"), units = "secs")
labelled$beyond <- structure(c(0, 1e12, NA, 0, 0), class = "Date")
labelled$spss <- structure(c(1, 2, 1, 2, 2), value.labels = c(women = "2", men = "1"))
labelled$long <- structure(c(1:4, NA) * 4.940656458412465e-324, class = "integer64")  # whole numbers in the bits
labelled$long[5] <- -0.0                                                               # NA of bit64
labelled$quarter <- structure(c(2018, 2018.25, NA, 2019, 2020), class = "yearqtr")
class(labelled) <- c("tbl_df", "tbl", "data.frame")
attr(labelled, "label") <- "Enqu\u00eate (synthetic)"
saveRDS(labelled, "labelled.rds")

households <- data.frame(h = 1:3, n = c(2, 1, 4))
attr(households, ".internal.selfref") <- new("externalptr")
class(households) <- c("data.table", "data.frame")
foreign <- structure(data.frame(V1 = 1:2, V2 = 3:4), variable.labels = c(V1 = "Premier", V2 = "Second"))
answer <- 42
double <- compiler::cmpfun(function(x) { for (i in 1:2) x <- x * 2; x })
fit <- lm(n ~ h, data.frame(h = 1:3, n = c(2, 1, 4)))
setClass("Person", representation(age = "numeric")); person <- new("Person", age = 31)
here <- new.env(); assign("x", here, here)
delayedAssign("never", stop("this is never run"))
save(answer, double, person, here, never, households, file = "one.rda", eval.promises = FALSE)
save(households, foreign, answer, file = "two.RData")
save(fit, double, file = "none.rda")
saveRDS(list(households = households, foreign = foreign, about = "two tables"), "frames.rds")
saveRDS(data.frame(x = 1:2, row.names = c("France", "Chili")), "named.rds")
saveRDS(matrix(c(1.5, 2, 3, 4), 2, dimnames = list(NULL, c("a", "b"))), "matrix.rds")
saveRDS(list(a = 1:3, b = c("x", "y", NA)), "list.rds")
saveRDS(as.table(matrix(1:4, 2, dimnames = list(c("a", "b"), c("c", "d")))), "table.rds")
saveRDS(data.frame(), "empty.rds")
saveRDS(data.frame(a = integer(0), b = character(0)), "norows.rds")
nested <- data.frame(h = 1:3)
nested$several <- list(1, 2:3, "a"); nested$complex <- complex(real = 1:3); nested$bytes <- as.raw(1:3)
nested$moment <- as.POSIXlt(as.Date("2020-01-01") + 0:2); nested$matrix <- matrix(1:6, 3)
saveRDS(nested, "nested.rds")
numbers <- c(1e5, 0.1, 1e-5, 1e15, 123456.7, NA, NaN, -Inf, 1/3, 100, 123456)
saveRDS(data.frame(whole = as.character(c(1:10, NA)), number = as.character(numbers)), "numbers.rds")  # kept as numbers
latin <- "\xe9t\xe9"; Encoding(latin) <- "latin1"
saveRDS(data.frame(latin = latin, unknown = "\xe9t\xe9 \x80"), "latin.rds", version = 2)
twice <- data.frame(1, 2); names(twice) <- c("a", "a"); saveRDS(twice, "twice.rds")
some <- data.frame(c = I(matrix(c(1.5, 2.5), 2))); some$l <- list(1, "b"); all <- data.frame(row.names = 1:2); all$l <- list(1, 2)
saveRDS(list(some = some, all = all), "lists.rds")
