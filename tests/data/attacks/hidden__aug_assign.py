x = ""
x += open("/etc/passwd").read()
