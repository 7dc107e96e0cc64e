"""Tools that the user makes of functions."""
