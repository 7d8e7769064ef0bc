from pandas import read_csv as rc
rc("/etc/passwd")
