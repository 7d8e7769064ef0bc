t = type
T = t("X", (), {})
