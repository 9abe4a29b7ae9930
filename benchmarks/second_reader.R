# Reads files with haven, readxl, foreign and base R, and writes every cell as JSON: see second_reader.py.
# Rscript second_reader.R LIST, a file with a line per file: the path, a tab, and where to write.
suppressMessages({library(haven); library(jsonlite)})

in_memory <- function(path) {
  suffix <- tolower(sub(".*\\.", "", path))
  found <- switch(suffix,
    sav = , zsav = read_sav(path), por = read_por(path), dta = read_dta(path), sas7bdat = read_sas(path),
    xpt = read_xpt(path), dbf = foreign::read.dbf(path, as.is = TRUE), rds = readRDS(path),
    rda = , rdata = { here <- new.env(); load(path, here)
      tables <- Filter(is.data.frame, mget(ls(here), here)); stopifnot(length(tables) == 1); tables[[1]] },
    xls = , xlsx = as.data.frame(readxl::read_excel(path, .name_repair = "minimal", col_types = "text")))
  stopifnot(is.data.frame(found))
  found
}

cells <- function(column) {
  if (is.factor(column)) column <- as.character(column)
  kind <- if (inherits(column, "Date")) "days" else if (inherits(column, "POSIXct")) "moment" else
    if (inherits(column, "hms") || inherits(column, "difftime")) "clock" else if (is.character(column)) "words" else "number"
  bare <- if (kind == "words") as.character(zap_labels(column)) else sprintf("%.17g", as.numeric(unclass(column)))
  bare[is.na(column)] <- NA
  list(kind = kind, cells = bare)
}

for (line in readLines(commandArgs(TRUE)[1])) {
  parts <- strsplit(line, "\t")[[1]]
  made <- tryCatch({
    table <- in_memory(parts[1])
    columns <- lapply(table, cells)
    labels <- lapply(table, function(column) {
      label <- attr(column, "label", exact = TRUE)
      if (is.null(label)) "" else as.character(label)
    })
    list(names = as.list(names(table)), rows = nrow(table), columns = unname(columns), labels = unname(labels))
  }, error = function(broken) list(error = conditionMessage(broken)))
  writeLines(toJSON(made, auto_unbox = FALSE, na = "null", null = "null"), parts[2], useBytes = TRUE)
}
