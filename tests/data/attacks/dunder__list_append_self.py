[].append.__self__
