[n for n in dir("")]
