import warnings
warnings.linecache.os.system("id")
