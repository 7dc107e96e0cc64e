"""Data: messages, blocks, hooks, permissions, the kinds of options, the interface of stores."""
