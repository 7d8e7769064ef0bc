try:
    pass
except eval("Exception"):
    pass
