x = {}
del x[eval("1")]
