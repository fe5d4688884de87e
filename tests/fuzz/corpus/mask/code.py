class Token:
    def __init__(self, token, secret=None):
        self.token = token
        password = getpass("password: ")
        url = f"https://{user}:{pw}@{host}/"
