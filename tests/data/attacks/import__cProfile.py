import cProfile
cProfile.run("import os")
