"""For each documentation page that the tests run: what the model answers (see test_docs.py)."""
