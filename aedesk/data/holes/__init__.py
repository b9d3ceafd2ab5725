"""Synthetic scratches, stains and brush strokes to learn inpainting from."""
