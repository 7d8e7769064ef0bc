import ast
ast.parse("1")
