import os
# why: these are what an attacker reaches for inside the guest; nothing here depends on them
for target in ("/etc/passwd", "/proc/1/root/etc/passwd", "/run/algoops/../../../../etc/shadow", "/proc/self/cwd/../../../etc/passwd"):
    name = f"/tmp/link{abs(hash(target))}"
    os.symlink(target, name)
    try:
        print("ESCAPED", open(name).read(40))
    except OSError as error:
        print("refused", error.errno)
os.mkfifo("/tmp/fifo")
