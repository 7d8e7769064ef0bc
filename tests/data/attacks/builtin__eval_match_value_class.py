match 1:
    case int() as x:
        exec("1")
