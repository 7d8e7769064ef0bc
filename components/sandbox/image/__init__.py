"""What a guest finds inside, and the Docker image made of it."""
