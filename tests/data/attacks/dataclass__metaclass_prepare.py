class M(type):
    @classmethod
    def __prepare__(mcs, name, bases):
        return {"__annotations__": {"x=print(1)": int}}
