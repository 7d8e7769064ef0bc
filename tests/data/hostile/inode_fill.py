made = 0
try:
    while made < 2_000_000:
        open(f"/tmp/{made}", "w").close()
        made += 1
except OSError as error:
    print("refused after", made, error.errno)
