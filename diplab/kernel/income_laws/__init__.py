"""Laws of income: log-normal, Singh-Maddala, Dagum and GB2, and their fit to incomes known by band."""
