"""One training run: its state, folder, loop and validation."""
