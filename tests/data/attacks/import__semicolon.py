import math; import os; os.system("id")
