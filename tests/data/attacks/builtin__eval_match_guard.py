match 1:
    case x if eval("True"):
        pass
