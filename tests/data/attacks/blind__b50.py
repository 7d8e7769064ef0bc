f"{(lambda: __builtins__)()}"
