import os.path as p
print(p.exists("/etc/passwd"))
