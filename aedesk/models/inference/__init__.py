"""Running networks: devices, precision, tiles."""
