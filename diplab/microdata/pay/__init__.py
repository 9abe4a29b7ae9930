"""Pay as people tell it, brought to a month and an hour: periods, gross and net, currencies, what looks wrong."""
