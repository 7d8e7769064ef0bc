memoryview(b"x").obj
