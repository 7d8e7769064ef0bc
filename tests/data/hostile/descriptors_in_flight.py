import array, socket
sent, pairs = 0, []
try:
    while sent < 100_000:
        left, right = socket.socketpair()
        pairs.append((left, right))
        for _ in range(50):
            socket.send_fds(left, [b"x"], [0] * 50)
            sent += 50
except OSError as error:
    print("refused after", sent, error.errno)
