"""The Explore panel: activities that inspect a model with a latent, each with its parameters and its view."""
