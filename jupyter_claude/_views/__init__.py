"""The same `Turn`, three ways: `static` bundles, a `terminal`, live `widgets`."""
