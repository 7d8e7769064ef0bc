import sys
sys.stdout.close()
sys.stderr.close()
sys.stdout = None
