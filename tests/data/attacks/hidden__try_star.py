try:
    pass
except* ValueError:
    eval("1")
