"""What was spent, what of it belongs to which turn, and what may be spent."""
