from urllib.request import urlopen
urlopen("http://10.0.0.1/")
