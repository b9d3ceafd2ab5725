"""The families of autoencoders."""
