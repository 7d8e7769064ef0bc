from pandas.api.typing import JsonReader
JsonReader("/etc/passwd", orient=None)
