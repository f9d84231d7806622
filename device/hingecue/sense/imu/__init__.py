"""Worn motion sensors on I2C: what each chip needs, and samples that carry their own time."""
