import numpy as np
class N:
    def __init__(self, m): self.m = m
N(np).m.load("x")
