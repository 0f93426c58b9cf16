"""Pages of the reference that are made at every build from what they describe."""
