"""Widgets of the window. They know numpy arrays and Qt, nothing of models or jobs. Import each from its own module."""
