"""How the spine is learned: rendered people, through the product's own pose pipeline, into a small network."""
