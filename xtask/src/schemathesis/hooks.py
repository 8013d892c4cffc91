"""What Schemathesis has to be told about this API: how to stay logged in, and which answers no schema can foresee."""

import json
import os
import subprocess
import threading

import requests
import schemathesis

URL = os.environ["INVOICE_URL"]
PASSWORD = "correct horse battery staple"


class Account:
    """Whose token is sent. Requests log out and delete the team or the account: then there is another one."""

    def __init__(self):
        self.lock = threading.Lock()
        self.made = 0
        self.email = None
        self.token = None

    def current(self):
        with self.lock:
            if self.token is None:
                self.token = self.log_in() or self.start_anew()
            return self.token

    def ended(self, token):
        with self.lock:
            if self.token == token:
                self.token = None

    def lost_team(self, token):
        with self.lock:
            if self.token == token:
                self.token = self.email = None

    def log_in(self):
        if self.email is None:
            return None
        body = {"email": self.email, "password": PASSWORD}
        answer = requests.post(f"{URL}/api/v1/auth/login", json=body, timeout=30)
        return answer.json()["access_token"] if answer.status_code == 200 else None

    def start_anew(self):
        self.made += 1
        self.email = f"tester-{os.getpid()}-{self.made}@example.org"
        subprocess.run(
            [os.environ["INVOICE_SERVER"], "user", "create", "--email", self.email, "--team", "Muster GmbH"],
            input=f"{PASSWORD}\n",
            cwd=os.environ["INVOICE_FOLDER"],
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        token = self.log_in()
        assert token, "the new account can't log in"
        return token


ACCOUNT = Account()


@schemathesis.auth(refresh_interval=None)
class Session:
    def get(self, case, context):
        return ACCOUNT.current()

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def problem(response):
    try:
        return json.loads(response.content)
    except ValueError:
        return {}


@schemathesis.hook
def after_call(context, case, response):
    sent = (case.headers or {}).get("Authorization", "").removeprefix("Bearer ")
    if response.status_code == 401:
        ACCOUNT.ended(sent)
    elif response.status_code == 403 and problem(response).get("code") == "no_team":
        ACCOUNT.lost_team(sent)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if os.environ.get("INVOICE_DEBUG"):
        p = problem(response)
        import re
        row = [type(failure).__name__, case.operation.label, response.status_code, p.get("code"), p.get("detail"),
               sorted({(re.sub(r"/\d+", "/N", e["pointer"]), e["code"], e["detail"]) for e in p.get("errors") or []}), str(case.path_parameters), str(case.query), str(case.headers)[:300], repr(case.body)[:600], response.content.decode(errors="replace")[:300], str(failure)[:300]]
        with open(os.environ["INVOICE_DEBUG"], "a") as f:
            f.write(json.dumps(row) + "\n")
    return True
