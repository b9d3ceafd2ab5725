"""Recipes and their fields. No torch."""
