import os
file = os.open("/tmp/sparse", os.O_CREAT | os.O_RDWR)
os.ftruncate(file, 1 << 40)
