"""A file's tree: scopes, names, and what each name stands for."""
