"""The IPython extension: its magics, and the cells that run a turn."""
