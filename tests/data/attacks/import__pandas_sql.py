from pandas.io import sql
