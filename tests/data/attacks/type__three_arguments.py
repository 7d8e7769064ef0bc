type("X", (object,), {})
