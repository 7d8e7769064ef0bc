x: int = 1
__annotations__["x"]
