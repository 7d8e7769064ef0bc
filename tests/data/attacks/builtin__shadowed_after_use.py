def run():
    return exec("1")
run()
exec = print
