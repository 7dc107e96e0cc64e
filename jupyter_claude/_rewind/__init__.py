"""Going back: what that would change, doing it, undoing it, and branches."""
