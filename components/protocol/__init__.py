"""What both sides of the sandbox's boundary speak: frames, messages, and the one broker."""
