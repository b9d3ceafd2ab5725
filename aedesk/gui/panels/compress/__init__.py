"""The Compress panel's parts: what to aim at, the live result, the comparison, curves, the latent, and files."""
