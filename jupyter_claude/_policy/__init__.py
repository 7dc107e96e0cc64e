"""The administrator's policy: what it allows, what was spent today, and where it is noted."""
