"""What runs inside the sandbox. Imports nothing of the rest of the project."""
