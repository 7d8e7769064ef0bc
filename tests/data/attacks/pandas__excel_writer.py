from pandas import ExcelWriter
ExcelWriter("/tmp/x.xlsx")
