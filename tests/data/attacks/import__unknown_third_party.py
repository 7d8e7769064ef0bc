import leftpad
leftpad.pad("x")
