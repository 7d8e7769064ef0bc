import dis
dis.dis("1")
