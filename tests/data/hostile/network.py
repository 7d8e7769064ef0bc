import socket
reached = []
for family in range(0, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        if family == socket.AF_UNIX:
            continue
        try:
            socket.socket(family, kind).close()
            reached.append((family, kind))
        except OSError:
            pass
print("ESCAPED" if reached else "no network", reached)
try:
    socket.create_connection(("127.0.0.1", 80), timeout=1)
    print("ESCAPED loopback")
except OSError as error:
    print("refused", type(error).__name__)
