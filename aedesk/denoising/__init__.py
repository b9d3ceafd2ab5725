"""Removes noise from pictures, and adds it for tests and teaching."""
