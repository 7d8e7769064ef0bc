print("{}", file=open("/dev/stdout", "w"))
