"""Finds and removes visible watermarks."""
