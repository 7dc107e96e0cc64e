"""What the extension puts into IPython: magics, and cells that run a turn."""
