"""Floor 1: preferences as data. Standard library only; no Qt."""
