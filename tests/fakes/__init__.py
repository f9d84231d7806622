"""Stand-ins that obey the same rules as the real thing."""
