"""Degradations of clean pictures, for training, evaluation and *Add noise*."""
