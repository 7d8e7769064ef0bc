import os
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid())]
print("ESCAPED" if others else "alone", others)
for path in ("/proc/1/environ", "/proc/1/mem", "/proc/1/fd", "/proc/1/root", "/proc/1/maps", "/proc/kcore", "/proc/kmsg"):
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            open(path, "rb").read(16)
        print("ESCAPED" if path != "/proc/kcore" else "masked", path)
    except OSError as error:
        print("refused", path, error.errno)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/hostname", "/proc/1/oom_score_adj", "/proc/1/mem"):
    try:
        os.write(os.open(path, os.O_WRONLY), b"1")
        print("ESCAPED", path)
    except OSError as error:
        print("refused", path, error.errno)
