open(__file__)
