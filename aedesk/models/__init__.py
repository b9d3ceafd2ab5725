"""Floor 3: network families, their descriptors, cards and files. The package itself imports no torch."""
