raise ValueError("half a pair: \udcff and \ud800")
