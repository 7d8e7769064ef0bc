import resource
for name in ("CPU", "NOFILE", "NPROC", "AS"):
    try:
        resource.prlimit(1, getattr(resource, f"RLIMIT_{name}"), (0, 0))
        print("ESCAPED", name)
    except OSError as error:
        print("refused", error.errno)
