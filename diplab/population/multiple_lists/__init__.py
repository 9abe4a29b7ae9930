"""People on two or more lists: two-list estimators, log-linear models, the search among them."""
