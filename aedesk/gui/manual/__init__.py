"""The manual, shown in a window of its own."""
