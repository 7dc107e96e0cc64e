"""Code that Claude runs in the user's kernel: what it would do, the run, its outputs."""
