class X:
    if False:
        open = print
    f = open("/etc/passwd")
