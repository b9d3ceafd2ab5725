"""Latents of any autoencoder as .aed files: quantised with a step per channel and entropy-coded."""
