"""Every sentence for people and every export format; pure."""
