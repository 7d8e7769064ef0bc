dict(**{"a": eval})
