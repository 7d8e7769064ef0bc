import bisect
bisect.__spec__.loader.exec_module
