"""The messages between the kernel and its pages, defined once, for both directions.

Each module has the messages of one line: ``…FromKernel`` is what the kernel sends on it,
``…FromPage`` what a page sends. mypy holds the views to them, and `reading` the messages that come.
``python -m scripts.messages`` makes TypeScript of them, with the docstrings of the fields.
"""
