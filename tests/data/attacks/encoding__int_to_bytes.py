eval((0x31).to_bytes(1, "big"))
