import calendar
calendar.main(["x"])
