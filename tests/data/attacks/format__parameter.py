def show(template, x):
    return template.format(x)
