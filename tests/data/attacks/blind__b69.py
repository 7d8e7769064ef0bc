import calendar
calendar.sys.exit()
