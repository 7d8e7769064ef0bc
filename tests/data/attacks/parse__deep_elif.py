if a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
elif a:
  b
