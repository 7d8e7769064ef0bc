class P:
    __match_args__ = ("__glo" + chr(98) + "als__",)
match print:
    case P(g):
        pass
