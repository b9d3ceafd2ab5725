"""Fills holes in pictures from their surroundings."""
