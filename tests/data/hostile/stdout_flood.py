import sys
chunk = "x" * 1024 * 1024
for _ in range(256):
    print(chunk)
print("the end")
