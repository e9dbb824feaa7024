"""Training: one engine, one feed, and a stage for each network."""
