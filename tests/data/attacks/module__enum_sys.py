import enum
enum.sys.modules
