"""Removes the watermarks of one picture."""
