import ctypes, resource
print(resource.getrlimit(resource.RLIMIT_CORE))
ctypes.string_at(0)
