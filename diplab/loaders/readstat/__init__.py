"""SPSS, Stata and SAS, read by the native library in a child process."""
