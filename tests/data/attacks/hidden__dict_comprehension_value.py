{k: open for k in range(1)}
