"""Benchmarks: a change must not make their figures worse. `make bench` prints them."""
