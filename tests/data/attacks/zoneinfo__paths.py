import zoneinfo
zoneinfo.reset_tzpath(["/tmp"])
