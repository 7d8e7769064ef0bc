import xml.etree.ElementTree as e
e.parse("/etc/passwd")
