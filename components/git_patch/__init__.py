"""Git Patch Manager: merges, reverts, tags and branches as objects, published atomically."""
