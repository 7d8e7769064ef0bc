"""Docker and bubblewrap, the pool of started sandbox instances, and which backend to take."""
