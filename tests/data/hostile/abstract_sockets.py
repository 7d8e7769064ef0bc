import os, socket
found = []
for name in open("/proc/net/unix").read().split() if os.path.exists("/proc/net/unix") else ():
    if name.startswith("@") or "docker" in name or "dbus" in name:
        found.append(name)
print("ESCAPED" if found else "none", found)
for name in ("\0/tmp/.X11-unix/X0", "/var/run/docker.sock", "/run/docker.sock", "/run/dbus/system_bus_socket"):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
        print("ESCAPED", name)
    except OSError as error:
        print("refused", type(error).__name__)
try:
    socket.socket(socket.AF_UNIX).connect("/run/algoops/s")
    print("ESCAPED a second connection")
except OSError as error:
    print("refused", type(error).__name__)
