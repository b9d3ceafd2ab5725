"""Generic widgets: they use numpy and Qt, but no models and no jobs. Import each from its own module."""
