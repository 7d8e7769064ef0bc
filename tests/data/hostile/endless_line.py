import os
while True:
    os.write(1, b"z" * 65536)
