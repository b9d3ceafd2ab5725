"""Floor 0: errors, specs, events, cancellation and the registry. Standard library only."""
