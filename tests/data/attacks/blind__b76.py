import zoneinfo
zoneinfo.ZoneInfo.from_file(open("/etc/passwd", "rb"))
