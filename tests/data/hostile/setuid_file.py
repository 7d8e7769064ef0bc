import os, shutil, sys
shutil.copy(sys.executable or "/opt/python/bin/python3.11", "/tmp/copy")
