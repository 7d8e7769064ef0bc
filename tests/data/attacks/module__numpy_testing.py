from numpy.testing import runstring
runstring("import os", {})
