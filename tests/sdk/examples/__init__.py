"""The runnable examples of the five documents that define the SDK, taken from them at test time."""
