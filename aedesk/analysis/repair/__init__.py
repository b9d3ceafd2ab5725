"""Evaluation of damage detection."""
