import os
print(sorted(os.listdir("/")))
for path in ("/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/usr/bin", "/bin/sh", "/sys/fs/cgroup/memory", "/work", "/boot", "/lib/modules"):
    try:
        os.stat(path)
        listing = os.listdir(path) if os.path.isdir(path) else "file"
        print("ESCAPED", path, listing[:5])
    except OSError as error:
        print("refused", path, error.errno)
