import pandas as pd
def run(df, how, where):
    return df.agg(how, path=where)
