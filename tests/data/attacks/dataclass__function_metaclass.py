from dataclasses import dataclass
class M(type):
    pass
def meta(name, bases, space):
    space["__annot" + "ations__"] = {"x=print(1)": int}
    return M(name, bases, space)
@dataclass
class A(metaclass=meta):
    pass
