import datetime
datetime.sys.modules
