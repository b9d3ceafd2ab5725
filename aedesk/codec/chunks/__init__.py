"""What an .aed file holds besides the coded pixels: metadata, alpha channel, preview and model."""
