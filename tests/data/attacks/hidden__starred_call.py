print(*[exec])
