"""Figures that a change should not make worse; `make bench` prints them."""
