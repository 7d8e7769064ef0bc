import operator
import pandas as pd
operator.methodcaller("to_pickle", "/tmp/x")(pd.DataFrame())
