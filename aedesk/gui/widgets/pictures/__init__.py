"""Widgets that show small pictures."""
