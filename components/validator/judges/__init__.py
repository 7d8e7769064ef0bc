"""The rules at work: each module here looks at one kind of thing in an indexed file."""
