from numpy import savetxt as s
s("/tmp/x", [1])
