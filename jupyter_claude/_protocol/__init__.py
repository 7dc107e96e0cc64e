"""The messages between the kernel and its pages, defined once, for both directions.

Each module has the messages of one connection: ``…FromKernel`` is what the kernel sends on it,
``…FromPage`` what a page sends. mypy checks the views against them; `reading` checks messages.
``python -m scripts.messages`` generates TypeScript from them, with the docstrings.
"""
