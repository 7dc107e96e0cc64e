"""`make dist`: builds a release from the last commit, and checks it."""
