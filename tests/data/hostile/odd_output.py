import sys
sys.stdout.buffer.write(b"\xff\xfe\x00 ::error:: <!-- @here -->\r\n" * 5)
