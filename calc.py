def scale(n, by=1):
    return n


def name():
    return "calc"
