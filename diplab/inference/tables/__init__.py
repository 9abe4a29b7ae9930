"""Tables of answers: totals by cell, association, tests of groups, cross-tabulation."""
