import os
print(sorted(os.listdir("/tmp")), os.path.exists("/tmp/../tmp/canary"))
open("/tmp/canary", "w").write("from the last job")
os.environ["CANARY"] = "left"
import numpy
print("ESCAPED" if hasattr(numpy, "canary") else "clean")
numpy.canary = 1
