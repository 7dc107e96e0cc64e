"""The costs of each turn, the budget, and the table of costs."""
