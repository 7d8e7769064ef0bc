x = bytes(1 << 40)
