"""Latents of pictures and folders."""
