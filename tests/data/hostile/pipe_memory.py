import os
made = 0
try:
    while made < 100_000:
        reader, writer = os.pipe()
        os.write(writer, b"x" * 65536)
        made += 1
except OSError as error:
    print("refused after", made, error.errno)
