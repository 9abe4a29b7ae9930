"""Pay as reported, by month and hour: periods, gross and net, currencies, flags, fees."""
