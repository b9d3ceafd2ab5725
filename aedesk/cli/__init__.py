"""Floor 6: the command line. One file per command; importing them all imports neither numpy nor torch nor Qt."""
