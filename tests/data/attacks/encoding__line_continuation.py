ev\
al("1")
