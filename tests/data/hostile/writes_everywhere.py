import os
wrote = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/tmp", "/sys")):
        folders[:] = []
        continue
    try:
        with open(os.path.join(folder, "canary"), "w") as file:
            file.write("x")
        wrote.append(folder)
    except OSError:
        pass
    for name in files[:3]:
        path = os.path.join(folder, name)
        if path.startswith("/dev/"):
            continue
        for act in (lambda p: os.unlink(p), lambda p: os.chmod(p, 0o777), lambda p: open(p, "a").close()):
            try:
                act(path)
                wrote.append(path)
            except OSError:
                pass
print("ESCAPED" if wrote else "nothing", wrote[:10])
