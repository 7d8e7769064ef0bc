import fileinput
fileinput.input("/etc/passwd")
