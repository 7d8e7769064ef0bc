import pandas
pandas.read_html("http://10.0.0.1/")
