x = vars
