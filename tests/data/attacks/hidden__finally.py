try:
    pass
finally:
    exec("1")
