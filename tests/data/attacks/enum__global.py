import enum
@enum.global_enum
class E(enum.Enum):
    A = 1
