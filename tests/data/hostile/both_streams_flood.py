import os, threading
def flood(stream):
    while True:
        os.write(stream, b"f" * 65536)
threading.Thread(target=flood, args=(2,), daemon=True).start()
flood(1)
