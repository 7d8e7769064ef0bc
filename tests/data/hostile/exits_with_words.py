import sys
sys.exit("these words")
