"""aedesk: restore and compress photographs with autoencoders."""

__version__ = "0.1.0"
