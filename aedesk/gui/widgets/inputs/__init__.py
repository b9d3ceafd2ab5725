"""Sliders and forms."""
