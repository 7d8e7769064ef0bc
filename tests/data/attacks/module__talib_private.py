import talib
talib._ta_lib.os.system("id")
