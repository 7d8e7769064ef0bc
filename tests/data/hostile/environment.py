import os
text = repr(dict(os.environ)) + open("/proc/self/environ").read()
print(sorted(os.environ))
print("ESCAPED" if "CANARY" in text else "no secrets")
