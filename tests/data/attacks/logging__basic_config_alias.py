from logging import basicConfig as setup
run = setup
run(filename="/tmp/x")
