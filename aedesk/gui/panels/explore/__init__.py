"""The Explore page: one activity per question about a model with a latent, each with its parameters and its view."""
