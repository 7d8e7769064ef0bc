"""Safe Tools: the one door for paths and git objects from outside."""
