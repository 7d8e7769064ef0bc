import fcntl, os
for number in (0, 1, 2):
    try:
        fcntl.ioctl(number, 0x5412, b"x")
        print("ESCAPED")
    except OSError as error:
        print("refused", error.errno)
try:
    os.open("/dev/tty", os.O_RDWR)
    print("ESCAPED tty")
except OSError as error:
    print("refused", error.errno)
