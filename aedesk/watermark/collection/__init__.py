"""Estimates the watermark that many pictures share, and removes it from each."""
