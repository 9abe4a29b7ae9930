"""Pay as respondents report it, by month and by hour: periods, gross and net, currencies, flags, fees."""
