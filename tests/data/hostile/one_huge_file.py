with open("/tmp/huge", "wb") as file:
    while True:
        file.write(b"x" * 1024 * 1024)
