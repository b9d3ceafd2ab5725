"""Evaluation of erasing."""
