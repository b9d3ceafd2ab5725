"""Theme and icons."""
