[(y := eval) for _ in range(1)]
y("1")
