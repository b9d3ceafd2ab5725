"""Synthetic watermarks to train on and to measure with."""
