"""What both sides of the sandbox's boundary speak: frames, messages, orders."""
