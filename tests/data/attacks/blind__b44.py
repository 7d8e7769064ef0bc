class A:
    x: exec("1") = 2
